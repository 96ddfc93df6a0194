import Clocks
import Digest
import GatewayCore
import SigV4
import Synchronization

/// The keys that are accepted now.
final class CredentialStore: Sendable {
  private let start: [AcceptedCredentials]
  private let credentials: Mutex<[AcceptedCredentials]>

  /// - Parameter start: those of the command line.
  init(_ start: [AcceptedCredentials]) {
    self.start = start
    credentials = Mutex(start)
  }

  /// From now on, these and no others.
  func replace(with accepted: [AcceptedCredentials]) {
    credentials.withLock { $0 = accepted }
  }

  /// Those of the command line again.
  func reset() {
    replace(with: start)
  }

  /// The keys that a request names.
  ///
  /// - Parameters:
  ///   - tokens: every session token that came with it.
  ///   - now: what AWS's clock says.
  /// - Throws: `Refusal` if there are none, or if their time is over.
  func keys(_ accessKeyID: String, tokens: [String], now: Timestamp) throws(Refusal) -> SigningCredentials {
    let known = credentials.withLock { $0.filter { $0.keys.accessKeyID == accessKeyID } }
    guard !known.isEmpty else { throw .unrecognizedClient(.unknownAccessKey) }
    guard let accepted = known.first(where: { Self.fits(tokens, $0.keys) }) else {
      throw .unrecognizedClient(.badSessionToken)
    }
    if let expiry = accepted.expiresAt, now >= expiry { throw .expiredToken }
    return accepted.keys
  }

  /// As anybody may see them: no secret and no token.
  var json: JSON {
    let accepted = credentials.withLock { $0 }
    return .object([
      (
        "credentials",
        .array(
          accepted.map { one in
            .object([
              ("accessKeyId", .string(one.keys.accessKeyID)),
              ("expiresAt", one.expiresAt.map { .string($0.iso8601Microseconds) }),
            ])
          })
      )
    ])
  }

  /// Keys that aren't temporary have no token, and AWS refuses one that comes with them.
  private static func fits(_ tokens: [String], _ keys: SigningCredentials) -> Bool {
    let wanted = keys.sessionToken.map { [$0.exposed] } ?? []
    return tokens.count == wanted.count
      && zip(tokens, wanted).allSatisfy { ConstantTime.equal(Array($0.utf8), Array($1.utf8)) }
  }
}
