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

  /// 1 for each byte that isn't in the alphabet, else 0.
  private static let isForeign = (UInt8.min...UInt8.max).map { alphabet.contains($0) ? UInt8(0) : 1 }

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
    exposed = body + String(decoding: Self.checksum(Array(body.utf8)), as: UTF8.self)
  }

  /// Reads a token that a caller sent; `nil` if its form or its checksum is wrong.
  ///
  /// Nothing secret is compared with here: a checksum is of what the caller sent himself. All the same every character is
  /// looked at before anything is decided, so that what it costs depends on the length alone.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == Self.prefix.utf8.count + Self.secretLength + Self.checksumLength else { return nil }
    var difference: UInt8 = 0
    for (byte, expected) in zip(bytes, Self.prefix.utf8) { difference |= byte ^ expected }
    for byte in bytes.dropFirst(Self.prefix.utf8.count) { difference |= Self.isForeign[Int(byte)] }
    let checksum = Self.checksum(Array(bytes.dropLast(Self.checksumLength)))
    for (byte, expected) in zip(bytes.suffix(Self.checksumLength), checksum) { difference |= byte ^ expected }
    guard difference == 0 else { return nil }
    exposed = text
  }

  /// What the tokens file keeps. A fast hash is right here, since the secret is random and long.
  package var hash: TokenHash {
    TokenHash(of: self)
  }

  /// Takes the same time wherever the two differ.
  package static func == (left: GatewayToken, right: GatewayToken) -> Bool {
    ConstantTime.equal(Array(left.exposed.utf8), Array(right.exposed.utf8))
  }

  private static func checksum(_ body: [UInt8]) -> [UInt8] {
    var value = CRC32.checksum(body)
    var digits = [UInt8](repeating: alphabet[0], count: checksumLength)
    for index in digits.indices.reversed() {
      digits[index] = alphabet[Int(value % 62)]
      value /= 62
    }
    return digits
  }
}
