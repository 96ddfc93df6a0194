import IPAddresses
import Testing

@Suite("AddressRange")
struct AddressRangeTests {
  private static let members = [
    ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"), ("10.0.0.0/8", "10.0.0.0", "9.255.255.255"),
    ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"), ("192.168.4.0/22", "192.168.4.0", "192.168.3.255"),
    ("172.16.0.0/12", "172.31.1.1", "172.32.0.0"), ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
    ("127.0.0.1/32", "127.0.0.1", "127.0.0.0"), ("10.0.0.128/25", "10.0.0.129", "10.0.0.127"),
    ("10.1.2.254/31", "10.1.2.255", "10.1.2.253"), ("0.0.0.0/0", "203.0.113.9", "::1"),
    ("0.0.0.0/1", "127.255.255.255", "128.0.0.0"), ("fd00::/8", "fdff::1", "fc00::1"), ("::1", "::1", "::2"),
    ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"), ("::/0", "2001:db8::1", "10.0.0.1"),
    ("fe80::/10", "febf::1", "fec0::"), ("2001:db8::/127", "2001:db8::1", "2001:db8::2"),
  ]

  @Test("A range holds its own addresses and no others", arguments: members)
  func contains(range: String, inside: String, outside: String) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(try #require(IPAddress(inside))))
    #expect(!range.contains(try #require(IPAddress(outside))))
  }

  @Test("An IPv4 range holds such an address inside an IPv6 one, too")
  func mapped() throws {
    let range = try #require(AddressRange("10.0.0.0/8"))
    #expect(range.contains(try #require(IPAddress("::ffff:10.1.2.3"))))
  }

  @Test(
    "Bits behind the prefix are a typing error",
    arguments: ["10.0.0.1/8", "192.168.5.0/22", "10.0.0.1/31", "128.0.0.0/0", "fd00::1/8", "2001:db8:8000::/32"])
  func bitsBehindPrefix(text: String) {
    #expect(AddressRange(text) == nil)
  }

  @Test(
    "What isn't a range is none",
    arguments: [
      "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/ 8", "10.0.0.0 /8",
      "10.0.0.0/255.0.0.0", "10.0.0.0/a", "localhost/8", "10.0.0/8", "10.*", "any", "10.0.0.0/0x8",
      "10.0.0.0/99999999999999999999",
      "10.0.0.0/+8", "0.0.0.0/-0",
    ])
  func invalid(text: String) {
    #expect(AddressRange(text) == nil)
  }
}
