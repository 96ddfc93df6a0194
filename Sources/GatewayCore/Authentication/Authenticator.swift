package import Clocks
import HTTPTypes

/// Tells who makes a call, by its bearer token (RFC 6750).
package struct Authenticator: Sendable {
  static let realm = "Bearer realm=\"connection-gateway\""

  private let table: TokenTable
  private let clock: WallClock

  package init(table: TokenTable, clock: WallClock) {
    self.table = table
    self.clock = clock
  }

  /// The token's entry.
  ///
  /// - Parameter known: set as soon as it is known whose token it is, expired or not, for the record of a refusal.
  /// - Throws: `unauthenticated`. Where no bearer token came, the challenge has no `error` (RFC 6750, section 3.1).
  package func authenticate(_ request: Request, known: (Caller) -> Void = { _ in }) throws(Problem) -> TokenEntry {
    guard let header = request.fields.first(.authorization) else {
      throw challenge("Send a gateway token: 'Authorization: Bearer cgw_…'.")
    }
    let halves = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1).map { String(Substring($0)) }
    guard halves.first?.lowercased() == "bearer" else {
      throw challenge("Only bearer tokens are taken: 'Authorization: Bearer cgw_…'.")
    }
    guard halves.count == 2 else { throw challenge("Send a gateway token: 'Authorization: Bearer cgw_…'.") }
    guard let token = GatewayToken(String(halves[1][...].trimmed)) else {
      throw invalidToken("The token is cut off or mistyped: its checksum doesn't match. Copy it again.")
    }
    guard let entry = table.entry(for: token.hash) else {
      throw invalidToken("The token isn't known: it was revoked, or belongs to another gateway. Ask for a new one.")
    }
    known(entry.caller)
    guard !entry.isExpired(at: clock.now()) else {
      throw invalidToken("The token has expired. Ask for a new one.")
    }
    return entry
  }

  /// Checks that the token may do this.
  ///
  /// - Throws: `insufficient_scope`, with the scope that is needed (RFC 6750, section 3.1).
  package func authorize(_ entry: TokenEntry, for scope: Scope) throws(Problem) {
    guard !entry.scopes.contains(scope) else { return }
    throw Problem(
      .insufficientScope, "The token '\(entry.name)' lacks the scope \(scope.rawValue). Use one that has it.",
      fields: [.wwwAuthenticate: "\(Self.realm), error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""])
  }

  private func challenge(_ detail: String) -> Problem {
    Problem(.unauthenticated, detail, fields: [.wwwAuthenticate: Self.realm])
  }

  private func invalidToken(_ detail: String) -> Problem {
    Problem(.unauthenticated, detail, fields: [.wwwAuthenticate: "\(Self.realm), error=\"invalid_token\""])
  }
}
