import GatewayCore
import Testing

@Suite("ConnectionPattern")
struct ConnectionPatternTests {
  @Test(
    "An id stands for one connection, a beginning with a * for all that begin so",
    arguments: [
      ("c-1234567890", "c-1234567890", true), ("c-1234567890", "c-12345678901", false),
      ("c-1234567890", "c-123456789", false), ("c-12*", "c-1234567890", true), ("c-12*", "c-12", true),
      ("c-12*", "c-1", false), ("c-12*", "d-1234567890", false), ("c*", "connection", true),
      ("prefix-*", "prefix-1234", true), ("prefix-*", "prefix1234", false), ("prefix-*", "a-prefix-1234", false),
    ])
  func matching(pattern: String, id: String, isMatch: Bool) throws {
    let pattern = try #require(ConnectionPattern(pattern))
    #expect(pattern.matches(id) == isMatch)
  }

  @Test("A pattern is written as it is read", arguments: ["c-1234567890", "c*", "prefix-*", "a1-*"])
  func description(_ text: String) {
    #expect(ConnectionPattern(text)?.description == text)
  }

  @Test("The longest beginning of an id is one, and a longer one isn't")
  func length() {
    #expect(ConnectionPattern(String(repeating: "a", count: 255) + "*") != nil)
    #expect(ConnectionPattern(String(repeating: "a", count: 256) + "*") == nil)
    #expect(ConnectionPattern(String(repeating: "a", count: 256)) != nil)
  }

  @Test(
    "Anything else is no pattern: above all not a * alone or in the middle, which would promise what isn't kept",
    arguments: [
      "", "*", "**", "a**", "*a", "a*b", "c-12*34567890", "-a*", "1*", "C-*", "c_*", "c *", " c*", "c*\n", "c-?",
      "short", "C-1234567890", "c-123456789é", "é*", "e\u{301}*",
    ])
  func refused(_ text: String) {
    #expect(ConnectionPattern(text) == nil)
  }
}
