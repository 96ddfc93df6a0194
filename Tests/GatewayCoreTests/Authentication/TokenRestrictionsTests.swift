import GatewayCore
import IPAddresses
import Testing

@Suite("TokenRestrictions")
struct TokenRestrictionsTests {
  @Test("A token without restrictions may do all that its scopes say")
  func none() {
    #expect(TokenRestrictions.none.allows(connection: "c-1234567890"))
    #expect(TokenRestrictions.none.allows(address: "203.0.113.7"))
    #expect(TokenRestrictions.none.allows(address: "unix"))
    #expect(TokenRestrictions.none.rate == .standard)
  }

  @Test("Of several patterns one is enough, and where none fits the connection isn't the token's")
  func connections() throws {
    let restrictions = TokenRestrictions(connections: try Sample.patterns("eu-*", "c-1234567890"))
    #expect(restrictions.allows(connection: "eu-1234567890"))
    #expect(restrictions.allows(connection: "c-1234567890"))
    #expect(!restrictions.allows(connection: "c-1234567891"))
    #expect(!restrictions.allows(connection: "us-1234567890"))
  }

  @Test(
    "Of several ranges one is enough; what isn't an address lies in none",
    arguments: [
      ("10.1.2.3", true), ("10.255.255.255", true), ("11.0.0.0", false), ("192.0.2.1", true), ("192.0.2.2", false),
      ("::ffff:10.1.2.3", true), ("fd00::1", true), ("fe80::1", false), ("unix", false), ("", false), ("-", false),
      ("10.1.2.3:80", false), ("10.1.2", false), ("unknown", false),
    ])
  func addresses(address: String, isAllowed: Bool) throws {
    let restrictions = TokenRestrictions(from: try Sample.ranges("10.0.0.0/8", "192.0.2.1", "fd00::/8"))
    #expect(restrictions.allows(address: address) == isAllowed)
  }

  @Test("Even the range of every address has no UNIX socket in it")
  func everywhere() throws {
    let restrictions = TokenRestrictions(from: try Sample.ranges("0.0.0.0/0", "::/0"))
    #expect(restrictions.allows(address: "203.0.113.7") && restrictions.allows(address: "2001:db8::1"))
    #expect(!restrictions.allows(address: "unix"))
  }

  @Test("A rate of its own, none at all, and the one that all have are told apart")
  func rates() {
    #expect(TokenRate("off") == .off)
    #expect(TokenRate("10/20") == .limited(Rate(perSecond: 10, burst: 20)))
    for text in ["", "standard", "Off", "10", "0/20", "10/20/30"] { #expect(TokenRate(text) == nil) }
    #expect(Sample.entry().rate == .standard)
    #expect(Sample.entry(restrictions: TokenRestrictions(rate: .off)).rate == .off)
  }

  private static func document(_ members: String) throws -> TokensDocument {
    let plain = String(decoding: TokensDocument(tokens: [Sample.entry()]).bytes, as: UTF8.self)
    return try TokensDocument(
      bytes: Array(plain.replacing("\"expiresAt\":null", with: "\"expiresAt\":null\(members)").utf8))
  }

  @Test("In the file they are members of the token, and what is written is read as the same")
  func document() throws {
    let members = #","connections":["eu-*","c-1234567890"],"from":["10.0.0.0/8","fd00::1"],"rate":"1/5""#
    let document = try Self.document(members)
    let restrictions = try #require(document.tokens.first).restrictions
    #expect(restrictions.connections == (try Sample.patterns("eu-*", "c-1234567890")))
    #expect(restrictions.from == (try Sample.ranges("10.0.0.0/8", "fd00::1")))
    #expect(restrictions.rate == .limited(Rate(perSecond: 1, burst: 5)))
    #expect(String(decoding: document.bytes, as: UTF8.self).contains(members + "}"))
    #expect(try TokensDocument(bytes: document.bytes) == document)
    #expect(try Self.document(#","rate":"off""#).tokens.first?.rate == .off)
  }

  @Test("A token without restrictions is written as ever: an older gateway can read it")
  func unrestricted() {
    let text = String(decoding: TokensDocument(tokens: [Sample.entry()]).bytes, as: UTF8.self)
    #expect(text.contains("\"expiresAt\":null}"))
  }

  @Test(
    "A restriction that isn't one is refused and named, an empty list as well: it could mean nothing or everything",
    arguments: [
      ("connections", "[]"), ("connections", "null"), ("connections", "\"eu-*\""), ("connections", "[\"*\"]"),
      ("connections", "[\"eu-*\", 1]"), ("connections", "[\"eu-*-1\"]"), ("connections", "{}"),
      ("connections", "[\"EU-*\"]"), ("from", "[]"), ("from", "null"), ("from", "\"10.0.0.0/8\""),
      ("from", "[\"10.0.0.1/8\"]"), ("from", "[\"localhost\"]"), ("from", "[\"10.0.0.0/33\"]"), ("from", "[null]"),
      ("rate", "null"), ("rate", "10"), ("rate", "\"\""), ("rate", "\"0/1\""), ("rate", "\"on\""),
      ("rate", "[\"1/1\"]"),
    ])
  func refused(name: String, value: String) {
    let error = #expect(throws: TokensDocumentError.self) { try Self.document(",\"\(name)\":\(value)") }
    #expect(error?.reason.contains("token 1: '\(name)'") == true)
  }
}
