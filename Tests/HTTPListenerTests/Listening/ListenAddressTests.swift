import Testing

@testable import HTTPListener

@Suite("ListenAddress")
struct ListenAddressTests {
  @Test(
    "Host and port, written back as they were read",
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1", 8080), ("localhost:0", "localhost", 0), ("[::1]:8080", "::1", 8080),
      ("[2001:db8::1]:65535", "2001:db8::1", 65535), ("0.0.0.0:1", "0.0.0.0", 1),
      ("gateway.internal:443", "gateway.internal", 443),
    ])
  func valid(text: String, host: String, port: UInt16) throws {
    let address = try #require(ListenAddress(text))
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address.description == text)
  }

  @Test(
    "What lacks a host or a port from 0 to 65535 is none",
    arguments: [
      "", ":", ":8080", "localhost", "localhost:", "8080", "localhost:http", "localhost:65536", "localhost:-1",
      "localhost: 80", "localhost:80 ", "localhost:8o", "::1:8080", "[]:80", "[::1]", "[::1]:", "::1", "localhost:0x50",
      "localhost:80:80", "localhost:+80",
    ])
  func invalid(text: String) {
    #expect(ListenAddress(text) == nil)
  }
}
