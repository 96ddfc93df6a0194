import Digest

/// The SHA-256 of a token, `sha256:<64 hex digits>` in the tokens file.
package struct TokenHash: Sendable, Hashable {
  private static let prefix = "sha256:"

  private let bytes: [UInt8]

  package init(of token: GatewayToken) {
    bytes = SHA256.digest(token.exposed.utf8)
  }

  /// `nil` if the text isn't a hash in that form.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.prefix), let bytes = Hex.decode(text.dropFirst(Self.prefix.count)),
      bytes.count == SHA256.byteCount
    else { return nil }
    self.bytes = bytes
  }

  /// As it stands in the tokens file.
  package var text: String {
    Self.prefix + Hex.encode(bytes)
  }

  /// The first 12 hex digits, by which log, audit and metrics name the token.
  package var tokenID: String {
    Hex.encode(Array(bytes.prefix(6)))
  }

  /// Takes the same time wherever the two differ.
  package static func == (left: TokenHash, right: TokenHash) -> Bool {
    ConstantTime.equal(left.bytes, right.bytes)
  }
}
