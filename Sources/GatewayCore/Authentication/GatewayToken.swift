import Digest

/// A gateway token: `cgw_`, 40 base62 characters from the system's random source (238 bits), and 6 base62 characters of
/// CRC-32 over what stands before.
///
/// The prefix lets secret scanners find it; the checksum tells a typing error from a wrong token without a look-up.
package struct GatewayToken: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  package static let prefix = "cgw_"
  private static let secretLength = 40
  private static let checksumLength = 6
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// The token itself, shown once.
  package let exposed: String

  /// Never the token.
  package var description: String { Redaction.replacement }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// A token from random bytes.
  ///
  /// - Parameter random: gives as many random bytes as it is asked for.
  package init(random: (Int) -> [UInt8]) {
    // 248 is the largest multiple of 62 in a byte: dropping what is above it keeps every character equally likely.
    var secret: [UInt8] = []
    while secret.count < Self.secretLength {
      secret += random(64).filter { $0 < 248 }.map { Self.alphabet[Int($0 % 62)] }
    }
    let body = Self.prefix + String(decoding: secret.prefix(Self.secretLength), as: UTF8.self)
    exposed = body + Self.checksum(body)
  }

  /// Reads a token that a caller sent; `nil` if its form or its checksum is wrong.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == Self.prefix.utf8.count + Self.secretLength + Self.checksumLength,
      text.hasPrefix(Self.prefix), bytes.dropFirst(Self.prefix.utf8.count).allSatisfy(Self.alphabet.contains)
    else { return nil }
    let body = String(decoding: bytes.dropLast(Self.checksumLength), as: UTF8.self)
    guard text == body + Self.checksum(body) else { return nil }
    exposed = text
  }

  /// What the tokens file keeps. A fast hash is right here, since the secret is random and long.
  package var hash: TokenHash {
    TokenHash(of: self)
  }

  private static func checksum(_ body: String) -> String {
    var value = CRC32.checksum(body.utf8)
    var digits = [UInt8](repeating: alphabet[0], count: checksumLength)
    for index in digits.indices.reversed() {
      digits[index] = alphabet[Int(value % 62)]
      value /= 62
    }
    return String(decoding: digits, as: UTF8.self)
  }
}
