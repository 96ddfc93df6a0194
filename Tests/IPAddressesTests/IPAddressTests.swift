import Glibc
import IPAddresses
import Testing

@Suite("IPAddress")
struct IPAddressTests {
  @Test(
    "An address is written in the usual way, however it was read",
    arguments: [
      ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::1", "::1"),
      ("::", "::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("fe80::a:b", "fe80::a:b"),
      ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:10.1.2.3", "10.1.2.3"), ("::FFFF:0a01:0203", "10.1.2.3"),
    ])
  func description(text: String, expected: String) {
    #expect(IPAddress(text)?.description == expected)
  }

  @Test("An IPv4 address inside an IPv6 one is the IPv4 address")
  func mapped() throws {
    #expect(try #require(IPAddress("::ffff:10.1.2.3")) == (try #require(IPAddress("10.1.2.3"))))
    // This one only looks like it: the old, compatible form.
    #expect(IPAddress("::10.1.2.3")?.bytes.count == 16)
  }

  @Test(
    "What isn't just an address is none",
    arguments: [
      "", " ", "localhost", "127.0.0.1 ", " 127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80", "127.0.0", "127.0.0.1.1",
      "256.0.0.1", "127.0.0.-1", "010.0.0.1", "0x7f.0.0.1", "2130706433", "::1%lo", "1::2::3", "12345::", ":::",
      "10.0.0.0/8",
      "unknown", "_hidden", "127.0.0.1\0", "127.0.0.1\0.evil", "\u{0661}27.0.0.1",
    ])
  func invalid(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test("A connected peer's address is read from its socket address; a UNIX socket has none")
  func socketAddress() {
    var four = sockaddr_in()
    four.sin_family = sa_family_t(AF_INET)
    four.sin_addr.s_addr = UInt32(0x0A01_0203).bigEndian
    var six = sockaddr_in6()
    six.sin6_family = sa_family_t(AF_INET6)
    withUnsafeMutableBytes(of: &six.sin6_addr) { bytes in
      bytes[0] = 0x20
      bytes[1] = 0x01
      bytes[15] = 0x07
    }
    var unix = sockaddr_un()
    unix.sun_family = sa_family_t(AF_UNIX)
    #expect(Self.address(&four)?.description == "10.1.2.3")
    #expect(Self.address(&six)?.description == "2001::7")
    #expect(Self.address(&unix) == nil)
  }

  private static func address<Family>(_ family: inout Family) -> IPAddress? {
    withUnsafePointer(to: &family) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { IPAddress($0) } }
  }
}
