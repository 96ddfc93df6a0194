import FoundationEssentials
import Testing

@testable import GatewayCore

/// Reading JSON. `JSONDecoder`, which someone else wrote, is asked too, where it is as strict as RFC 8259.
@Suite("JSONReader")
struct JSONReaderTests {
  private func read(_ text: String) -> JSON? {
    JSON(reading: Array(text.utf8))
  }

  @Test(
    "A text that RFC 8259 allows is read",
    arguments: [
      ("null", JSON.null), (" \t\r\ntrue ", .bool(true)), ("false", .bool(false)),
      ("0", .integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
      ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
      ("1.5", .number(1.5)), ("-0.25e-2", .number(-0.0025)), ("1E3", .number(1000)), ("1e+3", .number(1000)),
      ("\"\"", .string("")), ("\"a\\u00e9\\u20AC\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .string("aé€\"\\/\u{8}\u{C}\n\r\t")),
      ("\"\\ud83d\\uDE00 \u{1F600}\"", .string("\u{1F600} \u{1F600}")), ("\"\u{7F}\"", .string("\u{7F}")),
      ("[]", .array([])), ("[ ]", .array([])), ("[1 , [] ]", .array([.integer(1), .array([])])),
      ("{}", .members([])), ("{ }", .members([])),
      ("{\"a\" : 1 , \"b\":{}}", .members([.init("a", .integer(1)), .init("b", .members([]))])),
      ("{\"a\":1,\"a\":2}", .members([.init("a", .integer(1)), .init("a", .integer(2))])),
    ])
  func valid(text: String, value: JSON) {
    #expect(read(text) == value)
  }

  @Test(
    "A text that it doesn't allow isn't",
    arguments: [
      "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10",
      "1 2",
      "1e999", "\"", "\"a", "'a'", "\"\\x41\"", "\"\\u12\"", "\"\\u123g\"", "\"\\", "\"\\u", "\"a\nb\"", "\"\u{0}\"",
      "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]",
      "]",
      "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}",
      "{\"a\":1}}",
      "{}{}", "[1]//", "/*a*/1", "\u{FEFF}1", "1\u{0}", "\u{A0}1",
    ])
  func invalid(text: String) {
    #expect(read(text) == nil)
  }

  @Test("Bytes that aren't UTF-8 aren't JSON, wherever they stand")
  func notUTF8() {
    for bytes: [UInt8] in [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x31, 0x20, 0x80],
    ] {
      #expect(JSON(reading: bytes) == nil)
    }
  }

  @Test("64 arrays may stand in each other, and no more: nobody can exhaust the stack")
  func depth() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(read(nested(65)) != nil)
    #expect(read(nested(66)) == nil)
    #expect(read(String(repeating: "[", count: 1 << 20)) == nil)
    #expect(read(String(repeating: "{\"a\":", count: 1 << 18)) == nil)
  }

  @Test("What is written is read again as it was")
  func roundTrip() {
    let value = JSON.object([
      ("text", "a\"\\\n\u{202E}é\u{1F600}"), ("none", .null), ("yes", .bool(true)), ("number", .integer(-42)),
      ("real", .number(0.1)), ("large", .number(1e300)), ("list", .array([.string(""), .members([])])),
    ])
    #expect(JSON(reading: value.bytes) == value)
  }

  @Test("Each cut, and each changed byte, is read as JSONDecoder reads it, or not at all")
  func mutations() throws {
    let text = Array(
      #"{"Connection":{"ConnectionId":"c-é\u00e9\ud83d\ude00","n":[-1.5e3,0,null,true,{}]},"a":""}"#.utf8)
    var variants = (0...text.count).map { Array(text.prefix($0)) }
    for index in text.indices {
      for byte in [0, 0x09, 0x20, 0x22, 0x2C, 0x2D, 0x30, 0x3A, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x7F, 0xC3, 0xFF]
        as [UInt8]
      {
        var variant = text
        variant[index] = byte
        variants.append(variant)
      }
    }
    var accepted = 0
    for variant in variants {
      guard let value = JSON(reading: variant) else { continue }
      accepted += 1
      let decoded = try JSONDecoder().decode(StrictValue.self, from: Data(variant))
      #expect(decoded.isSame(as: value), "\(String(decoding: variant, as: UTF8.self))")
    }
    #expect(accepted > 100)
  }

  @Test("A member is found by its name, the first of two; where there is none, or no object, there is nothing")
  func members() {
    #expect(read("{\"a\":1,\"a\":2}")?["a"] == .integer(1))
    #expect(read("{\"a\":1}")?["b"] == nil)
    #expect(read("[1]")?["a"] == nil)
  }
}

extension StrictValue {
  /// The decoder's account of an object has no order, and of a name that stands twice one value.
  fileprivate func isSame(as json: JSON) -> Bool {
    switch (self, json) {
    case (.null, .null): true
    case (.bool(let own), .bool(let other)): own == other
    case (.integer(let own), .integer(let other)): own == other
    case (.integer(let own), .number(let other)): Double(own) == other
    case (.number(let own), .number(let other)): own == other
    case (.string(let own), .string(let other)): own == other
    case (.array(let own), .array(let other)):
      own.count == other.count && zip(own, other).allSatisfy { $0.isSame(as: $1) }
    case (.object(let own), .members(let other)):
      Set(own.members.keys) == Set(other.map(\.name))
        && own.members.allSatisfy { name, value in json[name].map(value.isSame) ?? false }
    default: false
    }
  }
}
