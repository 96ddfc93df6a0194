import Clocks
import GatewayCore
import Testing

@Suite("TokensDocument")
struct TokensDocumentTests {
  private static let hash = "sha256:9f2c61d0a4b7" + String(repeating: "0", count: 52)

  /// The parts of one valid token, to be replaced one by one.
  private static let parts = [
    "id": "\"9f2c61d0a4b7\"", "name": "\"runbook-eu\"", "hash": "\"\(hash)\"",
    "scopes": "[\"connections:reject\",\"connections:read\"]", "createdAt": "\"2026-11-22T16:00:00Z\"",
    "expiresAt": "\"2027-02-20T16:00:00Z\"",
  ]

  @Test("The document of the design is read")
  func design() throws {
    let document = try TokensDocument(bytes: Array(Self.file([Self.token()]).utf8))
    let token = try #require(document.tokens.first)
    #expect(document.tokens.count == 1)
    #expect(token.id == "9f2c61d0a4b7")
    #expect(token.name == "runbook-eu")
    #expect(token.hash.text == Self.hash)
    #expect(token.scopes == [.reject, .read])
    #expect(token.createdAt == Sample.time)
    #expect(token.expiresAt?.iso8601 == "2027-02-20T16:00:00Z")
  }

  @Test("A token that never expires says null")
  func noExpiry() throws {
    let document = try TokensDocument(bytes: Array(Self.file([Self.token(["expiresAt": "null"])]).utf8))
    #expect(try #require(document.tokens.first).expiresAt == nil)
  }

  @Test("What is written is read as the same, whatever the tokens")
  func roundTrip() throws {
    let entries = [
      Sample.entry(expiresAt: Sample.time.advanced(by: .seconds(1))),
      Sample.entry(Sample.otherToken, name: "b", scopes: []),
      Sample.entry(GatewayToken(random: { [UInt8](repeating: 9, count: $0) }), scopes: [.read, .reject]),
    ]
    for count in 0...3 {
      let document = TokensDocument(tokens: Array(entries.prefix(count)))
      #expect(try TokensDocument(bytes: document.bytes) == document)
    }
  }

  @Test("The document is written with a token a line, for people to read and compare")
  func writing() {
    let document = TokensDocument(tokens: [Sample.entry(), Sample.entry(Sample.otherToken, expiresAt: Sample.time)])
    let (one, two) = (Sample.token.hash, Sample.otherToken.hash)
    let common = #""name":"runbook-eu","hash":"#
    let rest = #""scopes":["connections:reject"],"createdAt":"2026-11-22T16:00:00Z","expiresAt":"#
    #expect(
      String(decoding: document.bytes, as: UTF8.self) == """
        { "version": 1, "tokens": [
          {"id":"\(one.tokenID)",\(common)"\(one.text)",\(rest)null},
          {"id":"\(two.tokenID)",\(common)"\(two.text)",\(rest)"2026-11-22T16:00:00Z"}
        ] }

        """)
    #expect(String(decoding: TokensDocument().bytes, as: UTF8.self) == "{ \"version\": 1, \"tokens\": [] }\n")
  }

  @Test(
    "A file that isn't a document is refused",
    arguments: [
      ("", "JSON"), ("{", "JSON"), ("[]", "JSON"), ("null", "JSON"), ("{\"version\": 1, \"tokens\": []} x", "JSON"),
      ("{}", "'version'"), ("{\"version\": 2, \"tokens\": []}", "'version'"),
      ("{\"version\": \"1\", \"tokens\": []}", "'version'"),
      ("{\"version\": true, \"tokens\": []}", "'version'"), ("{\"version\": 1}", "'tokens'"),
      ("{\"version\": 1, \"tokens\": {}}", "'tokens'"), ("{\"version\": 1, \"tokens\": null}", "'tokens'"),
      ("{\"version\": 1, \"tokens\": [], \"note\": 1}", "the file has a member"),
      ("{\"version\": 1, \"tokens\": [1]}", "token 1 isn't an object"),
      ("{\"version\": 1, \"tokens\": [null]}", "token 1 isn't an object"),
    ])
  func file(text: String, reason: String) {
    expectRefusal(text, reason)
  }

  @Test(
    "A member with something else than it has to have is refused, and named",
    arguments: [
      ("id", "\"9f2c61d0a4b8\""), ("id", "\"9F2C61D0A4B7\""), ("id", "1"), ("id", "null"), ("name", "\"\""),
      ("name", "\"a b\""), ("name", "1"), ("hash", "\"sha256:9f2c\""), ("hash", "\"9f2c61d0a4b7\""), ("hash", "7"),
      ("scopes", "\"connections:reject\""), ("scopes", "null"), ("scopes", "[\"connections:accept\"]"),
      ("scopes", "[1]"),
      ("scopes", "[\"connections:reject\", \"*\"]"), ("createdAt", "\"yesterday\""), ("createdAt", "null"),
      ("createdAt", "0"), ("expiresAt", "\"2027-02-20\""), ("expiresAt", "\"\""), ("expiresAt", "1803139200"),
      ("expiresAt", "\"2027-02-30T16:00:00Z\""), ("expiresAt", "false"),
    ])
  func member(name: String, value: String) {
    expectRefusal(Self.file([Self.token([name: value])]), "token 1: '\(name)'")
  }

  @Test("A member that is missing is refused, and named", arguments: parts.keys.sorted())
  func missingMember(_ name: String) {
    let token =
      "{" + Self.parts.filter { $0.key != name }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ",") + "}"
    // Without its hash, a token has no id to compare.
    expectRefusal(Self.file([token]), "token 1: '\(name)'")
  }

  @Test("A member that isn't known is refused, since it may be a restriction")
  func unknownMember() {
    expectRefusal(Self.file([Self.token(["sourceAddresses": "[\"10.0.0.0/8\"]"])]), "token 1 has a member")
    expectRefusal(Self.file([Self.token(["Name": "\"x\""])]), "token 1 has a member")
  }

  @Test("A member that stands twice is refused, and named: other programs see the other one of the two")
  func memberTwice() {
    let other = "\"sha256:" + String(repeating: "1", count: 64) + "\""
    let second = Self.token([
      "hash": other, "id": "\"111111111111\"", "from": "[\"10.0.0.0/8\"], \"\\u0066rom\": [\"0.0.0.0/0\"]",
    ])
    expectRefusal(Self.file([Self.token(), second]), "token 2: 'from' stands twice")
    let first = Self.token(["expiresAt": "null, \"expiresAt\": null"])
    expectRefusal(Self.file([first]), "token 1: 'expiresAt' stands twice")
    expectRefusal("{\"version\": 1, \"tokens\": [], \"tokens\": [{}]}", "the file: 'tokens' stands twice")
  }

  @Test("A file in another encoding than UTF-8 is refused, though the decoder would read it")
  func otherEncoding() throws {
    let bytes = Self.file([Self.token()]).utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let error = try #require(throws: TokensDocumentError.self) { try TokensDocument(bytes: bytes) }
    #expect(error.reason.contains("UTF-8"))
  }

  @Test("The token at fault is told by its place")
  func place() {
    let other = "\"sha256:" + String(repeating: "1", count: 64) + "\""
    let second = Self.token(["hash": other, "id": "\"111111111111\"", "scopes": "7"])
    expectRefusal(Self.file([Self.token(), second]), "token 2: 'scopes'")
  }

  @Test("A hash that stands twice is refused: which of the two entries counts would be a guess")
  func hashTwice() {
    expectRefusal(Self.file([Self.token(), Self.token(["name": "\"other\""])]), "token 2: its hash stands twice")
  }

  @Test("Two tokens may share a name, as they do while one replaces the other")
  func nameTwice() throws {
    let document = TokensDocument(tokens: [Sample.entry(), Sample.entry(Sample.otherToken)])
    #expect(try TokensDocument(bytes: document.bytes).tokens.map(\.name) == ["runbook-eu", "runbook-eu"])
  }

  @Test("An error never quotes the file, in which somebody may have put a token")
  func noQuotes() throws {
    for name in Self.parts.keys where name != "name" {
      let text = Self.file([Self.token([name: "\"\(Sample.token.exposed)\""])])
      let error = try #require(throws: TokensDocumentError.self) { try TokensDocument(bytes: Array(text.utf8)) }
      #expect(!error.reason.contains("cgw_"))
    }
  }

  private static func token(_ changes: [String: String] = [:]) -> String {
    let members = parts.merging(changes) { _, new in new }
    return "{" + members.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
  }

  private static func file(_ tokens: [String]) -> String {
    "{ \"version\": 1, \"tokens\": [\(tokens.joined(separator: ","))] }"
  }

  private func expectRefusal(_ text: String, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation) {
    do {
      _ = try TokensDocument(bytes: Array(text.utf8))
      Issue.record("it was read", sourceLocation: sourceLocation)
    } catch {
      #expect(error.reason.contains(reason), sourceLocation: sourceLocation)
    }
  }
}
