import GatewayCore
import HTTPTypes
import IPAddresses
import TestSupport
import Testing

@testable import HTTPListener

/// What a caller writes himself never names the client: random callers behind random chains of trusted proxies, each of
/// which adds whom it was called by to whatever came.
@Suite("ForgedClients")
struct ForgeryTests {
  private static let trusted = ["10.0.0.0/8", "192.0.2.1", "fd00::/8", "2001:db8:77::/48"]

  /// A world that a seed makes.
  private struct World {
    var random: SplitMix64

    mutating func one<Element>(of list: [Element]) -> Element {
      list[Int.random(in: 0..<list.count, using: &random)]
    }

    mutating func proxy() -> String {
      let number = Int.random(in: 1...250, using: &random)
      return one(of: ["10.\(number).0.1", "192.0.2.1", "fd00::\(number)", "2001:db8:77:\(number)::1"])
    }

    /// Nobody's whom the gateway trusts.
    mutating func stranger() -> String {
      let number = Int.random(in: 1...250, using: &random)
      return one(of: [
        "203.0.113.\(number)", "11.0.0.\(number)", "2001:db8:78::\(number)", "fe80::\(number)", "192.0.2.2",
      ])
    }

    /// One of the ways in which a proxy writes an address into X-Forwarded-For.
    mutating func listed(_ address: String) -> String {
      let port = Int.random(in: 1...65535, using: &random)
      guard address.contains(":") else { return one(of: [address, "\(address):\(port)", "::ffff:\(address)"]) }
      return one(of: [address, address.uppercased(), "[\(address)]", "[\(address)]:\(port)"])
    }

    /// One of the ways in which a proxy writes an address into Forwarded.
    mutating func element(_ address: String) -> String {
      let port = Int.random(in: 1...65535, using: &random)
      let node =
        address.contains(":") ? "\"[\(address)]\"" : one(of: [address, "\"\(address):\(port)\"", "\"\(address)\""])
      return one(of: ["for=\(node)", "For=\(node);proto=https", "by=\"_p\";for=\(node)"])
    }

    /// What a caller writes to look like someone else.
    mutating func forgery(_ write: (inout World, String) -> String) -> String {
      let length = Int.random(in: 0...4, using: &random)
      var entries: [String] = []
      for _ in 0..<length {
        let (proxy, stranger) = (proxy(), stranger())
        let garbage = [
          "", "unknown", "_x", "for=", "\"", "for=\"", ";", "a\u{600}", "\u{200D}", "\\", "[", "for=unknown",
        ]
        switch Int.random(in: 0..<5, using: &random) {
        case 0: entries.append(write(&self, proxy))
        case 1: entries.append(one(of: garbage))
        default: entries.append(write(&self, stranger))
        }
      }
      return entries.joined(separator: one(of: [",", ", ", " ,\t"]))
    }

    /// How a proxy adds to a header: to the last line, on a line of its own, or, if it is the first, in place of what came.
    mutating func add(_ entry: String, to lines: inout [String], isFirst: Bool) {
      switch Int.random(in: 0..<(isFirst ? 3 : 2), using: &random) {
      case 0: lines = [(lines + [entry]).joined(separator: ", ")]
      case 1: lines.append(entry)
      default: lines = [entry]
      }
    }
  }

  @Test("Behind any chain of trusted proxies, the client is who called the first of them", arguments: 1...40)
  func chains(seed: UInt64) throws {
    let proxies = TrustedProxies(try Self.trusted.map { try #require(AddressRange($0)) })
    var world = World(random: SplitMix64(seed: seed))
    var (named, refused) = (0, 0)
    for _ in 0..<500 {
      let caller = world.stranger()
      let usesForwarded = Bool.random(using: &world.random)
      var lines = [usesForwarded ? world.forgery { $0.element($1) } : world.forgery { $0.listed($1) }]
      if Bool.random(using: &world.random) { lines = [] }
      var peer = caller
      for _ in 0..<Int.random(in: 0...3, using: &world.random) {
        let entry = usesForwarded ? world.element(peer) : world.listed(peer)
        world.add(entry, to: &lines, isFirst: peer == caller)
        peer = world.proxy()
      }
      var fields = HTTPFields()
      for line in lines { fields.append(HTTPField(name: usesForwarded ? .forwarded : .xForwardedFor, value: line)) }
      let address = try #require(IPAddress(peer))
      do {
        let client = try proxies.client(peer: address, fields: fields)
        #expect(client == Client(address: caller, peer: peer), "\(lines)")
        named += 1
      } catch {
        // What the caller wrote isn't well-formed, so that nothing is believed and nothing is done.
        #expect(usesForwarded, "\(lines)")
        refused += 1
      }
    }
    #expect(named > 250 && refused > 0)
  }

  @Test("Where the proxies write one of the headers, the caller's own other one can get him refused, and nothing else")
  func otherHeader() throws {
    let proxies = TrustedProxies(try Self.trusted.map { try #require(AddressRange($0)) })
    var world = World(random: SplitMix64(seed: 1))
    var (named, refused) = (0, 0)
    for _ in 0..<5000 {
      let (caller, peer) = (world.stranger(), world.proxy())
      let writesForwarded = Bool.random(using: &world.random)
      var fields = HTTPFields()
      fields[.xForwardedFor] = writesForwarded ? world.forgery { $0.listed($1) } : world.listed(caller)
      fields[.forwarded] = writesForwarded ? world.element(caller) : world.forgery { $0.element($1) }
      let address = try #require(IPAddress(peer))
      let client = try? proxies.client(peer: address, fields: fields)
      if let client { #expect(client == Client(address: caller, peer: peer), "\(fields)") }
      (named, refused) = client == nil ? (named, refused + 1) : (named + 1, refused)
    }
    #expect(named > 0 && refused > 1000)
  }
}
