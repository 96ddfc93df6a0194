import GatewayCore
import HTTPTypes
import IPAddresses
import Testing

@testable import HTTPListener

@Suite("TrustedProxies")
struct TrustedProxiesTests {
  private static func client(
    trusted: [String], peer: String?, forwardedFor: [String]
  ) throws -> Client {
    let ranges = try trusted.map { try #require(AddressRange($0)) }
    var fields = HTTPFields()
    for value in forwardedFor { fields.append(HTTPField(name: .xForwardedFor, value: value)) }
    return TrustedProxies(ranges).client(peer: try peer.map { try #require(IPAddress($0)) }, fields: fields)
  }

  @Test("Nobody is trusted: X-Forwarded-For says nothing", arguments: ["127.0.0.1", "10.1.2.3", "::1"])
  func nobody(peer: String) throws {
    let client = try Self.client(trusted: [], peer: peer, forwardedFor: ["203.0.113.9"])
    #expect(client == Client(address: peer, peer: peer))
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
      ([""], "127.0.0.1"), (["203.0.113.9:4711"], "127.0.0.1"), (["203.0.113.9, 10.0.0.5:80, 10.0.0.6"], "10.0.0.6"),
      (["203.0.113.9, [::1], 10.0.0.6"], "10.0.0.6"), (["203.0.113.9, evil\u{E9}, 10.0.0.6"], "10.0.0.6"),
      (["203.0.113.9;10.0.0.6"], "127.0.0.1"), (["203.0.113.9 10.0.0.6"], "127.0.0.1"),
    ])
  func notAnAddress(forwardedFor: [String], expected: String) throws {
    let client = try Self.client(trusted: ["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", forwardedFor: forwardedFor)
    #expect(client.address == expected)
  }

  @Test("A UNIX socket's peer has no address")
  func unixSocket() throws {
    let client = try Self.client(trusted: ["0.0.0.0/0"], peer: nil, forwardedFor: ["203.0.113.9"])
    #expect(client == Client(address: "unix", peer: "unix"))
  }
}
