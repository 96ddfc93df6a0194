import GatewayCore
import Testing

@Suite("Origin")
struct OriginTests {
  @Test(
    "What a browser sends is taken as it is",
    arguments: [
      "https://tools.example.com", "http://localhost:3000", "http://127.0.0.1:8000", "https://a",
      "https://xn--bcher-kva.example",
      "http://[::1]:3000", "https://[2001:db8::1]", "https://tools.example.com:8443", "http://tools.example.com:443",
      "https://tools.example.com:80", "https://a_b.example", "https://1a.example", "https://0x.example", "http://a:1",
      "http://a:65535",
    ])
  func taken(text: String) throws {
    #expect(try Origin(text).description == text)
  }

  @Test(
    "Another spelling of an origin is refused, and the error says what to write",
    arguments: [
      ("https://tools.example.com/", "https://tools.example.com"),
      ("https://tools.example.com/app", "https://tools.example.com"),
      ("https://tools.example.com?x#y", "https://tools.example.com"),
      ("https://Tools.Example.com", "https://tools.example.com"),
      ("HTTPS://tools.example.com", "https://tools.example.com"),
      ("https://tools.example.com:443", "https://tools.example.com"),
      ("http://tools.example.com:80/", "http://tools.example.com"),
      ("http://localhost:", "http://localhost"), ("http://localhost:03000", "http://localhost:3000"),
      ("http://[0:0::1]", "http://[::1]"), ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
    ])
  func otherSpelling(text: String, normal: String) {
    let error = #expect(throws: OriginError.self) { try Origin(text) }
    #expect(error?.reason.contains("which writes \(normal);") == true)
  }

  @Test(
    "What is no origin of a web page is refused",
    arguments: [
      "", "tools.example.com", "https://", "https:///x", "//tools.example.com", "ftp://a", "file:///etc", "https:/a",
      "https://user@tools.example.com", "https://user:pass@tools.example.com", "https://*.example.com", "https://*",
      "https://tools.example.com:0", "https://tools.example.com:65536",
      "https://tools.example.com:99999999999999999999",
      "https://tools.example.com:+80", "https://tools.example.com:x", "https://a b", "https://a\nb",
      "https://bücher.example",
      "https://a..b", "https://.a", "https://a.", "https://::1", "https://[::1", "https://[::1]x", "https://[]",
      "https://[fe80::1%25eth0]", "https://[127.0.0.1]", "https://[::ffff:10.0.0.1]", "https://[::1.2.3.4]",
      "http://127.1", "http://127.0.0.01", "http://1.2.3.256", "http://0x7f000001", "http://1", "https://a.example.1",
      "https://a,https://b", "https://%61", "https://\u{212A}.example", "Null", "NULL", "undefined",
      "https://" + String(repeating: "a", count: 64) + ".example",
      "https://" + String(repeating: "a.", count: 127) + "example",
    ])
  func refused(text: String) {
    let error = #expect(throws: OriginError.self) { try Origin(text) }
    #expect(error?.reason.contains("such as https://tools.example.com or http://localhost:3000") == true)
  }

  @Test("The two that would let in everyone are refused by name", arguments: ["*", "null"])
  func byName(text: String) {
    let error = #expect(throws: OriginError.self) { try Origin(text) }
    #expect(error?.reason.hasPrefix("'\(text)' isn't taken: ") == true)
  }
}
