import GatewayCore
import Testing

@Suite("TokenHash")
struct TokenHashTests {
  /// A token and its SHA-256, by `sha256sum`.
  private static let token = "cgw_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd0kqlXI"
  private static let text = "sha256:2dea0501b0b5281455b1df832beccf1e28f651b1e4f34cc3e359223739ee842d"

  @Test("A token's hash is its SHA-256, and its id the first 12 digits of that")
  func known() throws {
    let hash = try #require(GatewayToken(Self.token)).hash
    #expect(hash.text == Self.text)
    #expect(hash.tokenID == "2dea0501b0b5")
  }

  @Test("A hash is read back from its text, and is equal to itself alone")
  func reading() throws {
    let hash = try #require(TokenHash(Self.text))
    #expect(hash == GatewayToken(Self.token)?.hash)
    #expect(hash != Sample.token.hash)
    #expect(hash.text == Self.text)
  }

  /// The text above, spoilt in one way each.
  static let spoilt: [String] = [
    "", "sha256:", String(text.dropLast()), "\(text)0", "\(text)00", String(text.dropLast(2)), text.uppercased(),
    String(text.dropFirst(7)), "sha512\(text.dropFirst(6))", " \(text)", "\(text.dropLast())g",
    "SHA256\(text.dropFirst(6))", "sha256:0x\(text.dropFirst(9))",
  ]

  @Test("What isn't sha256: and 64 lower-case hex digits is not read", arguments: spoilt)
  func refused(_ text: String) {
    #expect(TokenHash(text) == nil)
  }
}
