import FoundationEssentials
import GatewayCore
import Testing

@Suite("StrictValue")
struct StrictValueTests {
  @Test(
    "Each kind of JSON value is read as that kind",
    arguments: [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-7", .integer(-7)),
      ("9223372036854775807", .integer(.max)), ("1.5", .number(1.5)), ("\"1\"", .string("1")),
      ("\"true\"", .string("true")),
      ("[]", .array([])), ("[1,[null]]", .array([.integer(1), .array([.null])])),
    ] as [(String, StrictValue)])
  func kinds(text: String, value: StrictValue) throws {
    #expect(try Self.read("[\(text)]") == .array([value]))
  }

  @Test("An object keeps all its members, known or not")
  func members() throws {
    let value = try Self.read("{\"a\": 1, \"\": {\"b\": null}, \"é\": []}")
    #expect(value["a"] == .integer(1))
    #expect(value[""]?["b"] == .null)
    #expect(value["é"] == .array([]))
    #expect(value["c"] == nil)
  }

  @Test(
    "What isn't JSON is not read",
    arguments: ["", "{", "{]", "{'a':1}", "nul", "// x\n1", "{} {}", "[1 2]"])
  func refused(_ text: String) {
    #expect(throws: (any Error).self) { try Self.read(text) }
  }

  @Test("Nesting without end is refused, not a crash", arguments: ["[", "{\"a\":"])
  func depth(_ opening: String) {
    #expect(throws: (any Error).self) { try Self.read(String(repeating: opening, count: 100_000)) }
  }

  private static func read(_ text: String) throws -> StrictValue {
    try JSONDecoder().decode(StrictValue.self, from: Data(text.utf8))
  }
}
