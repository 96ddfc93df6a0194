import Testing

@testable import GatewayCore

@Suite("HostField")
struct HostFieldTests {
  @Test(
    "A name or an address, with a port or without",
    arguments: [
      "gateway", "gateway.example", "GATEWAY.example.", "my_host-1~a", "127.0.0.1", "gateway:0", "gateway:8080",
      "gateway:65535", "gateway:", "[::1]", "[::1]:8080", "[2001:db8::1]:", "[::ffff:192.0.2.1]", "[fe80::1%25eth0]:80",
    ])
  func valid(_ value: String) {
    #expect(HostField.isValid(value))
  }

  @Test(
    "Anything else is none",
    arguments: [
      "", ":", ":8080", "a:b", "a:-1", "a:+1", "a:65536", "a:99999", "a:000080", "a:80:80", "a: 80", "a b", "a,b",
      "a/b",
      "user@a", "http://a", "a?b", "a#b", "a\\b", "a%41", "%", "é", "::1", "[::1", "[]", "[::1]8080", "[::1]:x",
      "[::1]]",
      "[a]", "[[::1]]", "[v1.x]", "]", "[", "[::1] ", "a\u{0}",
    ])
  func invalid(_ value: String) {
    #expect(!HostField.isValid(value))
  }
}
