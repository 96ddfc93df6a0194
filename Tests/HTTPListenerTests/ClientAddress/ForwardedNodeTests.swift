import IPAddresses
import Testing

@testable import HTTPListener

@Suite("ForwardedNode")
struct ForwardedNodeTests {
  @Test(
    "An address, with a port or without",
    arguments: [
      ("192.0.2.43", "192.0.2.43"), ("192.0.2.43:47011", "192.0.2.43"), ("192.0.2.43:_port", "192.0.2.43"),
      ("[2001:db8:cafe::17]", "2001:db8:cafe::17"), ("[2001:db8:cafe::17]:4711", "2001:db8:cafe::17"),
      ("[2001:DB8:CAFE:0:0::17]:_a.b-c_", "2001:db8:cafe::17"), ("[::ffff:192.0.2.43]:1", "192.0.2.43"),
    ])
  func address(text: String, address: String) throws {
    #expect(ForwardedNode(text[...]) == .address(try #require(IPAddress(address))))
  }

  @Test(
    "A node that doesn't say who it is",
    arguments: ["unknown", "UNKNOWN", "Unknown:80", "_hidden", "_SEVKISEK", "_a.b-c_", "_x:_y", "_1:65535"])
  func hidden(text: String) {
    #expect(ForwardedNode(text[...]) == .hidden)
  }

  @Test(
    "What isn't a node",
    arguments: [
      "", " ", "localhost", "2001:db8::1", "::1", "[192.0.2.43]", "[192.0.2.43]:80", "[2001:db8::1", "2001:db8::1]",
      "[]", "[]:80", "[[::1]]", "[fe80::1%eth0]", "[2001:db8::1]80", "[2001:db8::1]:", "[2001:db8::1]:123456",
      "[2001:db8::1]:-1", "192.0.2.43:", "192.0.2.43:+80", "192.0.2.43:80:80", "192.0.2.43:123456", "192.0.2.043",
      "192.0.2", "3221225987", "0x7f.1", "192.0.2.43 ", " 192.0.2.43", "192.0.2.43\u{0}", "unknown ", "unknownx", "_",
      "_:", "_a:_", "_a b", "_é", "hidden", "192.0.2.43/32", ":80", "[::1]:\u{661}", "192.0.2.43\u{600}:80",
    ])
  func notANode(text: String) {
    #expect(ForwardedNode(text[...]) == nil)
  }
}
