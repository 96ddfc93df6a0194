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

  @Test("A UNIX socket's path, written back as it was read", arguments: ["/run/x.sock", "/a", "/run/a b:80", "/run/ä"])
  func unixSocket(path: String) throws {
    let address = try #require(ListenAddress("unix:\(path)"))
    #expect(address == .unix(path: path))
    #expect(address.description == "unix:\(path)")
    #expect(address.host == nil && address.port == nil)
  }

  @Test("An inherited socket's number, from 3 on", arguments: [3, 4, 1023] as [Int32])
  func inherited(descriptor: Int32) throws {
    let address = try #require(ListenAddress("fd:\(descriptor)"))
    #expect(address == .inherited(descriptor: descriptor))
    #expect(address.description == "fd:\(descriptor)")
  }

  @Test(
    "What lacks a host or a port from 0 to 65535, an absolute path, or a number from 3 on is none",
    arguments: [
      "", ":", ":8080", "localhost", "localhost:", "8080", "localhost:http", "localhost:65536", "localhost:-1",
      "localhost: 80", "localhost:80 ", "localhost:8o", "::1:8080", "[]:80", "[::1]", "[::1]:", "::1", "localhost:0x50",
      "[[::1]]:80", "local]host:80",
      "localhost:80:80", "localhost:+80", "unix:", "unix:relative", "unix:8080", "unix:@abstract", "unix:/run/",
      "unix:/run/a\0b", "Unix:/run/x", "fd:", "fd:0", "fd:2", "fd:-3", "fd:+3", "fd:3x", "fd: 3", "fd:99999999999",
    ])
  func invalid(text: String) {
    #expect(ListenAddress(text) == nil)
  }
}
