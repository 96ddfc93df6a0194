import SigV4
import Testing

@Suite("URIEncoding")
struct URIEncodingTests {
  private static let unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

  @Test("RFC 3986's unreserved characters stand for themselves")
  func unreserved() {
    #expect(URIEncoding.encode(Self.unreserved) == Self.unreserved)
  }

  @Test("Every other ASCII character is a percent sign and two upper-case digits")
  func everyOther() {
    for byte in UInt8(0)..<128 where !Self.unreserved.utf8.contains(byte) {
      let digits = String(byte, radix: 16, uppercase: true)
      let encoded = URIEncoding.encode(String(UnicodeScalar(byte)))
      #expect(encoded == "%" + (digits.count < 2 ? "0" : "") + digits)
    }
  }

  @Test("A character of several bytes is encoded byte by byte")
  func severalBytes() {
    #expect(URIEncoding.encode("é€😀") == "%C3%A9%E2%82%AC%F0%9F%98%80")
  }

  @Test("A slash is kept only where that is asked for")
  func slashes() {
    #expect(URIEncoding.encode("a/b c") == "a%2Fb%20c")
    #expect(URIEncoding.encode("a/b c", keepingSlashes: true) == "a/b%20c")
  }
}
