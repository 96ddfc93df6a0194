import FoundationEssentials
import GatewayCore
import TestSupport
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "Values are written in the one short form",
    arguments: [
      (.null, "null"), (.bool(true), "true"), (.bool(false), "false"), (.integer(0), "0"), (.integer(-1), "-1"),
      (.integer(.max), "9223372036854775807"), (.integer(.min), "-9223372036854775808"), ("", "\"\""),
      ("text", "\"text\""), (.array([]), "[]"), (.array([.integer(1), "a", .null]), "[1,\"a\",null]"),
      (.members([]), "{}"),
      (.object([("a", .array([.object([("b", .null)])]))]), "{\"a\":[{\"b\":null}]}"),
    ] as [(JSON, String)])
  func forms(value: JSON, text: String) {
    #expect(String(decoding: value.bytes, as: UTF8.self) == text)
  }

  @Test("Members keep the order they are given in, and those without a value are left out")
  func memberOrder() {
    let value = JSON.object([
      ("zebra", .integer(1)), ("apple", nil), ("mango", .integer(2)), ("apple", .integer(3)), ("Zebra", nil),
    ])
    #expect(String(decoding: value.bytes, as: UTF8.self) == "{\"zebra\":1,\"mango\":2,\"apple\":3}")
  }

  @Test("A member's name is escaped as its value is")
  func memberName() {
    #expect(String(decoding: JSON.object([("a\"\n", "b")]).bytes, as: UTF8.self) == "{\"a\\\"\\n\":\"b\"}")
  }

  @Test(
    "What could break a line or hide in one is escaped",
    arguments: [
      ("\"", "\\\""), ("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\u{0}", "\\u0000"),
      ("\u{8}", "\\u0008"), ("\u{1B}", "\\u001b"), ("\u{1F}", "\\u001f"), ("\u{7F}", "\\u007f"), ("\u{85}", "\\u0085"),
      ("\u{9B}", "\\u009b"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029"), ("\u{200B}", "\\u200b"),
      ("\u{FEFF}", "\\ufeff"), ("\u{AD}", "\\u00ad"), ("\u{E000}", "\\ue000"), ("\u{E0041}", "\\udb40\\udc41"),
      ("\u{10FFFF}", "\\udbff\\udfff"), ("\u{FFFE}", "\\ufffe"), ("\r\n", "\\r\\n"),
    ])
  func escapes(text: String, escaped: String) {
    #expect(String(decoding: JSON.string(text).bytes, as: UTF8.self) == "\"\(escaped)\"")
  }

  @Test("Characters that turn the direction of text are escaped")
  func bidirectional() {
    let turning: [ClosedRange<UInt32>] = [0x061C...0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069]
    for scalar in turning.joined().compactMap(Unicode.Scalar.init) {
      let written = String(decoding: JSON.string("a\(scalar)b").bytes, as: UTF8.self)
      let digits = String(scalar.value, radix: 16)
      #expect(written == "\"a\\u" + String(repeating: "0", count: 4 - digits.count) + digits + "b\"")
    }
  }

  @Test("Every control character of ASCII and Latin-1 is escaped")
  func controls() {
    for scalar in (Array(0x00..<0x20) + Array(0x7F..<0xA0)).compactMap(UnicodeScalar.init as (Int) -> UnicodeScalar?) {
      #expect(JSON.string(String(scalar)).bytes.allSatisfy { (0x20..<0x7F).contains($0) }, "\(scalar.value)")
    }
  }

  @Test(
    "What can be read as it is stays as it is",
    arguments: ["é", "Ünïcödé", "日本語", "😀", "/path", "' < > &", "a\u{301}", "\u{A0}"])
  func plain(_ text: String) {
    #expect(JSON.string(text).bytes == Array("\"\(text)\"".utf8))
  }

  @Test(
    "Any text is read back by JSONDecoder, code point by code point, and is written on one line",
    arguments: 0..<300 as Range<UInt64>)
  func roundTrip(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let texts = (0..<10).map { _ in random.text() }
    let bytes = JSON.array(texts.map(JSON.string)).bytes
    let read = try JSONDecoder().decode([String].self, from: Data(bytes))
    #expect(read.map { Array($0.unicodeScalars) } == texts.map { Array($0.unicodeScalars) })
    #expect(bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
  }

  @Test("Names are read back by JSONDecoder with their values", arguments: 0..<50 as Range<UInt64>)
  func roundTripOfNames(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var members: [String: Int64] = [:]
    for value in Int64(0)..<5 { members[random.text()] = value }
    let bytes = JSON.object(members.map { ($0.key, .integer($0.value)) }).bytes
    #expect(try JSONDecoder().decode([String: Int64].self, from: Data(bytes)) == members)
  }
}
