import GatewayCore
import HTTPTypes
import IPAddresses
import Testing

@testable import HTTPListener

@Suite("TrustedProxies")
struct TrustedProxiesTests {
  /// - Parameter trusted: ranges, or `unix`.
  private static func client(
    trusted: [String], peer: String?, forwardedFor: [String] = [], forwarded: [String] = []
  ) throws -> Client {
    let ranges = try trusted.filter { $0 != "unix" }.map { try #require(AddressRange($0)) }
    var fields = HTTPFields()
    for value in forwardedFor { fields.append(HTTPField(name: .xForwardedFor, value: value)) }
    for value in forwarded { fields.append(HTTPField(name: .forwarded, value: value)) }
    return try TrustedProxies(ranges, trustsUNIXSocket: trusted.contains("unix"))
      .client(peer: try peer.map { try #require(IPAddress($0)) }, fields: fields)
  }

  @Test(
    "Nobody is trusted: neither header says anything, well-formed or not", arguments: ["127.0.0.1", "10.1.2.3", "::1"])
  func nobody(peer: String) throws {
    let alone = Client(address: peer, peer: peer)
    #expect(try Self.client(trusted: [], peer: peer, forwardedFor: ["203.0.113.9"]) == alone)
    #expect(try Self.client(trusted: [], peer: peer, forwarded: ["for=203.0.113.9"]) == alone)
    #expect(try Self.client(trusted: [], peer: peer, forwardedFor: ["203.0.113.9"], forwarded: ["for=\""]) == alone)
  }

  @Test("A peer that isn't trusted speaks for itself alone")
  func untrustedPeer() throws {
    let client = try Self.client(trusted: ["10.0.0.0/8"], peer: "203.0.113.1", forwardedFor: ["198.51.100.7"])
    #expect(client == Client(address: "203.0.113.1", peer: "203.0.113.1"))
  }

  @Test(
    "With 127.0.0.1 and 10.0.0.0/8 trusted, the client is the first address from the right that isn't",
    arguments: [
      ([], "127.0.0.1"), (["203.0.113.9"], "203.0.113.9"), (["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
      (["203.0.113.9, 10.0.0.5"], "203.0.113.9"), (["198.51.100.7,203.0.113.9 ,\t10.0.0.5"], "203.0.113.9"),
      (["203.0.113.9", "10.0.0.5"], "203.0.113.9"), (["10.0.0.6, 10.0.0.5"], "10.0.0.6"),
      (["2001:db8::9"], "2001:db8::9"), (["::ffff:203.0.113.9"], "203.0.113.9"),
      (["1.1.1.1", "203.0.113.9, ::ffff:10.0.0.5"], "203.0.113.9"),
    ])
  func chain(forwardedFor: [String], expected: String) throws {
    let client = try Self.client(trusted: ["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", forwardedFor: forwardedFor)
    #expect(client == Client(address: expected, peer: "127.0.0.1"))
  }

  @Test(
    "An entry that isn't an address ends what a proxy vouches for: nothing left of it counts",
    arguments: [
      (["203.0.113.9, unknown"], "127.0.0.1"), (["203.0.113.9, "], "127.0.0.1"), (["203.0.113.9,"], "127.0.0.1"),
      ([""], "127.0.0.1"), (["203.0.113.9:"], "127.0.0.1"), (["203.0.113.9, 10.0.0.5:x, 10.0.0.6"], "10.0.0.6"),
      (["203.0.113.9, ::1]:80, 10.0.0.6"], "10.0.0.6"), (["203.0.113.9, [10.0.0.5], 10.0.0.6"], "10.0.0.6"),
      (["203.0.113.9, fe80::1%eth0"], "127.0.0.1"), (["203.0.113.9, [fe80::1%eth0]"], "127.0.0.1"),
      (["203.0.113.9, 010.0.0.5"], "127.0.0.1"), (["203.0.113.9, _hidden"], "127.0.0.1"),
      (["203.0.113.9, evil\u{E9}, 10.0.0.6"], "10.0.0.6"),
      (["203.0.113.9;10.0.0.6"], "127.0.0.1"), (["203.0.113.9 10.0.0.6"], "127.0.0.1"),
    ])
  func notAnAddress(forwardedFor: [String], expected: String) throws {
    let client = try Self.client(trusted: ["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", forwardedFor: forwardedFor)
    #expect(client.address == expected)
  }

  @Test(
    "An address may come with a port, as some proxies write it",
    arguments: [
      (["203.0.113.9:4711"], "203.0.113.9"), (["203.0.113.9, 10.0.0.5:80"], "203.0.113.9"),
      (["[2001:db8::9]"], "2001:db8::9"), (["[2001:DB8:0::9]:4711"], "2001:db8::9"),
      (["6.6.6.6, 203.0.113.9:1, [::ffff:10.0.0.5]:65535"], "203.0.113.9"),
    ])
  func port(forwardedFor: [String], expected: String) throws {
    let client = try Self.client(trusted: ["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", forwardedFor: forwardedFor)
    #expect(client.address == expected)
  }

  @Test(
    "No character that a caller writes swallows the comma that the proxy puts behind it", arguments: [0x600, 0x200D])
  func joiningCharacter(scalar: UInt32) throws {
    let written = "6.6.6.6" + String(try #require(Unicode.Scalar(scalar)))
    let client = try Self.client(
      trusted: ["127.0.0.1"], peer: "127.0.0.1", forwardedFor: ["\(written), 203.0.113.9"])
    #expect(client.address == "203.0.113.9")
  }

  @Test(
    "Forwarded is read from the right as well",
    arguments: [
      (["for=203.0.113.9"], "203.0.113.9"), (["for=6.6.6.6, for=203.0.113.9"], "203.0.113.9"),
      (["for=203.0.113.9, for=10.0.0.5;proto=https"], "203.0.113.9"),
      (["for=203.0.113.9", "for=10.0.0.5"], "203.0.113.9"),
      (["for=\"[2001:db8::9]:4711\", for=\"10.0.0.5:80\""], "2001:db8::9"),
      (["for=10.0.0.6, for=10.0.0.5"], "10.0.0.6"),
      (["for=203.0.113.9, for=unknown, for=10.0.0.5"], "10.0.0.5"), (["for=203.0.113.9, for=_hidden"], "127.0.0.1"),
      (["for=203.0.113.9, proto=https"], "127.0.0.1"), (["for=203.0.113.9,"], "127.0.0.1"), ([""], "127.0.0.1"),
      (["for=6.6.6.6", ""], "127.0.0.1"), (["for=6.6.6.6, for=\"[::ffff:203.0.113.9]\""], "203.0.113.9"),
    ])
  func forwarded(forwarded: [String], expected: String) throws {
    let client = try Self.client(trusted: ["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", forwarded: forwarded)
    #expect(client == Client(address: expected, peer: "127.0.0.1"))
  }

  @Test("A Forwarded header that isn't well-formed is refused, even left of what counts")
  func malformed() {
    for value in ["for=localhost", "for=\"6.6.6.6, for=203.0.113.9", "for=x, for=203.0.113.9", "203.0.113.9"] {
      #expect(throws: FramingViolation.self) {
        try Self.client(trusted: ["127.0.0.1"], peer: "127.0.0.1", forwarded: [value])
      }
    }
  }

  @Test("Both headers are fine where they name the same client, however they write it")
  func agreement() throws {
    let client = try Self.client(
      trusted: ["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", forwardedFor: ["6.6.6.6, 2001:DB8::9", "10.0.0.5"],
      forwarded: ["for=_x, for=\"[2001:db8:0::9]:80\""])
    #expect(client.address == "2001:db8::9")
  }

  @Test(
    "Both headers are refused where they name different clients",
    arguments: [
      (["203.0.113.9"], ["for=6.6.6.6"]), (["203.0.113.9"], ["for=unknown"]), (["203.0.113.9"], [""]),
      (["unknown"], ["for=6.6.6.6"]), (["203.0.113.9, 10.0.0.5"], ["for=10.0.0.5"]),
      (["203.0.113.9", "6.6.6.6"], ["for=203.0.113.9"]),
    ])
  func contradiction(forwardedFor: [String], forwarded: [String]) {
    let error = #expect(throws: FramingViolation.self) {
      try Self.client(
        trusted: ["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", forwardedFor: forwardedFor, forwarded: forwarded)
    }
    #expect(error?.code == .invalidRequest)
  }

  @Test(
    "A UNIX socket's peer has no address, and is no proxy unless that is said", arguments: [[], ["0.0.0.0/0", "::/0"]])
  func unixSocket(trusted: [String]) throws {
    let unix = Client(address: "unix", peer: "unix")
    #expect(try Self.client(trusted: trusted, peer: nil, forwardedFor: ["203.0.113.9"]) == unix)
    #expect(try Self.client(trusted: trusted, peer: nil, forwarded: ["for=203.0.113.9"]) == unix)
    #expect(try Self.client(trusted: trusted + ["unix"], peer: nil) == unix)
    #expect(try Self.client(trusted: trusted + ["unix"], peer: nil, forwardedFor: ["unknown"]) == unix)
  }

  @Test("A UNIX socket's peer is believed if that is said, and what it names only if that is trusted too")
  func trustedUNIXSocket() throws {
    func client(_ forwardedFor: String, trusted: [String] = []) throws -> Client {
      try Self.client(trusted: trusted + ["unix"], peer: nil, forwardedFor: [forwardedFor])
    }
    #expect(try client("6.6.6.6, 203.0.113.9") == Client(address: "203.0.113.9", peer: "unix"))
    #expect(try client("203.0.113.9, 10.0.0.5") == Client(address: "10.0.0.5", peer: "unix"))
    #expect(try client("203.0.113.9, 10.0.0.5", trusted: ["10.0.0.0/8"]).address == "203.0.113.9")
    #expect(try Self.client(trusted: ["unix"], peer: nil, forwarded: ["for=203.0.113.9"]).address == "203.0.113.9")
    // It trusts no peer of another kind.
    #expect(try Self.client(trusted: ["unix"], peer: "10.0.0.5", forwardedFor: ["203.0.113.9"]).address == "10.0.0.5")
  }
}
