import Digest
import Testing

@Suite("Hex")
struct HexTests {
  @Test("Every byte is two lower-case digits, and is read back")
  func everyByte() throws {
    for byte in UInt8.min...UInt8.max {
      let text = Hex.encode([byte])
      #expect(text == (byte < 16 ? "0" : "") + String(byte, radix: 16))
      #expect(Hex.decode(text) == [byte])
    }
  }

  @Test("Bytes keep their order")
  func order() {
    #expect(Hex.encode([0xDE, 0xAD, 0x00, 0xBE, 0xEF]) == "dead00beef")
    #expect(Hex.decode("dead00beef") == [0xDE, 0xAD, 0x00, 0xBE, 0xEF])
    #expect(Hex.encode([]) == "")
    #expect(Hex.decode("") == [])
  }

  @Test(
    "What isn't pairs of lower-case digits is not read",
    arguments: ["a", "abc", "DEAD", "0x12", "g0", "0g", " 00", "00 ", "é", "０0"])
  func refused(_ text: String) {
    #expect(Hex.decode(text) == nil)
  }
}
