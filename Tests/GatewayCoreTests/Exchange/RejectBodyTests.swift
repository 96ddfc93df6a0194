import TestSupport
import Testing

@testable import GatewayCore

@Suite("RejectBody")
struct RejectBodyTests {
  @Test(
    "The two forms of a body are read",
    arguments: [
      ("{}", nil), (" {\n} ", nil), ("{\"reason\":\"CHG-1234\"}", "CHG-1234"), ("{ \"reason\" : \"\" }", ""),
      ("{\"\\u0072eason\":\"a\"}", "a"), ("{\"reason\":\"a:b\\\":\\\"c\\\\\"}", "a:b\":\"c\\"),
      ("{\"reason\":\"\\u2028\\ud83d\\ude00\"}", "\u{2028}😀"),
      ("{\"reason\":\"{\\\"reason\\\":1}\"}", "{\"reason\":1}"),
    ] as [(String, String?)])
  func read(text: String, reason: String?) throws {
    #expect(try RejectBody(Array(text.utf8)).reason == reason)
  }

  @Test(
    "What isn't a JSON object is refused",
    arguments: [
      "", " ", "[]", "\"reason\"", "null", "1", "{", "{\"reason\"}", "{\"reason\":\"a\"", "{\"reason\":\"a\"}x",
      "{\"reason\":\"a\"}{}", "{'reason':'a'}", "{reason:\"a\"}", "{\"reason\":\"a\",}", "{\"reason\":\"a\nb\"}",
      "{\"reason\":\"a\tb\"}", "{\"reason\":\"a\u{1}b\"}",
      "{/**/}", "{\"reason\":\"\\x\"}", "{\"reason\":\"\\ud83d\"}", "reason=a",
    ])
  func notAnObject(_ text: String) throws {
    let problem = try refusal(Array(text.utf8))
    #expect(problem.code == .invalidRequest)
    #expect(problem.outcome == .notSent)
  }

  @Test(
    "A member that isn't known is named", arguments: ["Reason", "dryRun", "reason ", "", "raison", "reason\u{301}"])
  func unknownMember(_ name: String) throws {
    for text in ["{\"\(name)\":\"a\"}", "{\"reason\":\"a\",\"\(name)\":null}", "{\"\(name)\":{\"reason\":1}}"] {
      let problem = try refusal(Array(text.utf8))
      #expect(problem.code == .invalidRequest)
      #expect(problem.detail.contains("'\(name)'"))
    }
  }

  @Test("A name that holds a token, or never ends, is not repeated whole")
  func shownName() throws {
    let token = Sample.token.exposed
    #expect(!(try refusal(Array("{\"\(token)\":1}".utf8)).detail.contains(token.dropFirst(4))))
    let long = String(repeating: "n", count: 1000)
    #expect(try refusal(Array("{\"\(long)\":1}".utf8)).detail.count < 200)
  }

  @Test(
    "A reason that isn't a string is refused as that",
    arguments: ["null", "1", "1.5", "true", "[]", "[\"a\"]", "{}", "{\"a\":\"b\"}"])
  func otherType(_ value: String) throws {
    let problem = try refusal(Array("{\"reason\":\(value)}".utf8))
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains("has to be a string"))
  }

  @Test(
    "A reason that stands twice is refused: which of the two counts would be a guess",
    arguments: [
      "{\"reason\":\"a\",\"reason\":\"b\"}", "{\"reason\":\"a\",\"reason\":\"a\"}",
      "{\"reason\":\"a\",\"\\u0072eason\":\"b\"}", "{\"reason\":\"\\\\\",\"reason\":\"b\"}",
    ])
  func twice(_ text: String) throws {
    #expect(try refusal(Array(text.utf8)).detail.contains("more than once"))
  }

  @Test(
    "What isn't UTF-8 is refused, even if it is JSON in another encoding",
    arguments: [
      Array("{}".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }, [0xFF, 0xFE] + [0x7B, 0, 0x7D, 0],
      [0xEF, 0xBB, 0xBF] + Array("{}".utf8), Array("{\"reason\":\"".utf8) + [0xFF] + Array("\"}".utf8),
      Array("{\"reason\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8), Array("{}".utf8) + [0], [0x80], [0xC3],
    ] as [[UInt8]])
  func encoding(_ bytes: [UInt8]) throws {
    #expect(try refusal(bytes).code == .invalidRequest)
  }

  @Test("A byte order mark is named")
  func byteOrderMark() throws {
    #expect(try refusal([0xEF, 0xBB, 0xBF] + Array("{}".utf8)).detail.contains("byte order mark"))
  }

  @Test("Nesting as deep as a body can be is refused, not a crash")
  func depth() throws {
    for opening in ["[", "{\"reason\":", "{\"reason\":[", "{\"a\":"] {
      let text = String(String(repeating: opening, count: 4096).prefix(Framing.bodyLimit))
      #expect(try refusal(Array(text.utf8)).code == .invalidRequest)
    }
  }

  @Test("Any bytes at all are a body or a refusal", arguments: 0..<200 as Range<UInt64>)
  func anything(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let pieces = [
      "{", "}", "\"", ":", ",", "reason", "\"reason\":", "\\", "\\u00", "[", "]", "null", "1", "\u{0}", "é",
    ]
    let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
      .joined()
    do {
      let body = try RejectBody(Array(text.utf8))
      #expect(text.first { !$0.isWhitespace } == "{", "read as \(body)")
    } catch {
      #expect(error.code == .invalidRequest)
    }
  }

  private func refusal(_ bytes: [UInt8]) throws -> Problem {
    try #require(throws: Problem.self) { try RejectBody(bytes) }
  }
}
