import GatewayCore
import Testing

@Suite("ConnectionID")
struct ConnectionIDTests {
  @Test(
    "10 to 256 characters of a-z, 0-9 and '-' that start with a letter are an id",
    arguments: ["abcdefghij", "a---------", "a123456789", "z" + String(repeating: "9", count: 255)])
  func accepted(_ text: String) {
    #expect(ConnectionID(text)?.description == text)
    #expect(ConnectionID(Substring(text))?.description == text)
  }

  @Test("9 characters are too few, 257 too many")
  func length() {
    #expect(ConnectionID(String(repeating: "a", count: 9)) == nil)
    #expect(ConnectionID(String(repeating: "a", count: 10)) != nil)
    #expect(ConnectionID(String(repeating: "a", count: 256)) != nil)
    #expect(ConnectionID(String(repeating: "a", count: 257)) == nil)
    #expect(ConnectionID("") == nil)
  }

  @Test("Only a letter may stand first", arguments: ["1234567890", "-123456789", "Abcdefghij", " abcdefghij"])
  func first(_ text: String) {
    #expect(ConnectionID(text) == nil)
  }

  @Test("No other ASCII character may stand anywhere")
  func everyOtherCharacter() {
    for byte in UInt8(0)..<128 {
      let character = Character(UnicodeScalar(byte))
      let isAllowed = ("a"..."z").contains(character) || ("0"..."9").contains(character) || character == "-"
      #expect((ConnectionID("abcdefghi\(character)") != nil) == isAllowed, "byte \(byte)")
    }
  }

  @Test(
    "What could change the path it is put into is no id",
    arguments: [
      "../../../../x", "abcdefghij/../x", "abcdefghij%2f", "abcdefghij%00", "abcdefghij?x=1", "abcdefghij#x",
      "abcdefghij\n", "abcdefghij\r\n", "abcdefghij\u{0}", "abcdefghijé", "аbcdefghij", "abcdefghi\u{301}j",
      "ａbcdefghij",
    ])
  func hostile(_ text: String) {
    #expect(ConnectionID(text) == nil)
  }
}
