import GatewayCore
import Testing

@Suite("RequestID")
struct RequestIDTests {
  @Test("A caller's id of 1 to 128 characters is taken as it is")
  func length() {
    #expect(RequestID(callerSupplied: "") == nil)
    #expect(RequestID(callerSupplied: "a")?.description == "a")
    let longest = String(repeating: "Z", count: 128)
    #expect(RequestID(callerSupplied: longest)?.description == longest)
    #expect(RequestID(callerSupplied: longest + "Z") == nil)
  }

  @Test("Letters, digits and ._~- may stand in it, and no other ASCII character")
  func characters() {
    let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-")
    for byte in UInt8(0)..<128 {
      let character = Character(UnicodeScalar(byte))
      #expect((RequestID(callerSupplied: "x\(character)") != nil) == allowed.contains(character), "byte \(byte)")
    }
  }

  @Test("What isn't ASCII may not stand in it", arguments: ["é", "e\u{301}", "a\u{200D}b", "１"])
  func notASCII(_ text: String) {
    #expect(RequestID(callerSupplied: text) == nil)
  }

  @Test("A gateway token isn't taken for an id, not even as a part of one")
  func token() {
    #expect(RequestID(callerSupplied: Sample.token.exposed) == nil)
    #expect(RequestID(callerSupplied: "id-\(Sample.token.exposed)-1") == nil)
    #expect(RequestID(callerSupplied: "cgw_short") != nil)
  }

  @Test("A fresh id is its random bytes in hex")
  func fresh() {
    #expect(RequestID(randomBytes: Array(0..<16)).description == "000102030405060708090a0b0c0d0e0f")
  }
}
