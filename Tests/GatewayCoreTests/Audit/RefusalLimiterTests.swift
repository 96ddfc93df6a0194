import Clocks
import GatewayCore
import TestSupport
import Testing

@Suite("RefusalLimiter")
struct RefusalLimiterTests {
  private static let start = ContinuousClock.now
  private var limiter = RefusalLimiter()
  private var now = start

  private static func client(_ address: String) -> Client {
    Client(address: address, peer: "127.0.0.1")
  }

  /// The time of day that belongs to a moment.
  private static func time(_ now: MonotonicClock.Instant) -> Timestamp {
    Sample.time.advanced(by: now - start)
  }

  private mutating func admits(_ address: String = "10.1.2.3") -> Bool {
    limiter.admits(Self.client(address), at: now, time: Self.time(now))
  }

  /// How many of so many refusals at once are to be written.
  private mutating func admitted(of count: Int, from address: String = "10.1.2.3") -> Int {
    (0..<count).count { _ in admits(address) }
  }

  @Test("An address that was quiet may have 50 refusals written at once; the rest is counted")
  mutating func burst() {
    #expect(admitted(of: 80) == 50)
    #expect(limiter.total == 30)
    #expect(limiter.takeCounts(at: now) == [Suppression(address: "10.1.2.3", count: 30, since: Self.time(now))])
  }

  @Test("After that it has 10 a second, and after 5 quiet seconds 50 again")
  mutating func rate() {
    #expect(admitted(of: 60) == 50)
    now += .milliseconds(99)
    #expect(admitted(of: 60) == 0)
    now += .milliseconds(1)
    #expect(admitted(of: 60) == 1)
    now += .seconds(1)
    #expect(admitted(of: 60) == 10)
    now += .seconds(3600)
    #expect(admitted(of: 60) == 50)
  }

  @Test("A flood from one address takes nothing from another")
  mutating func otherAddress() {
    #expect(admitted(of: 1000, from: "10.1.2.3") == 50)
    #expect(admitted(of: 50, from: "10.1.2.4") == 50)
    #expect(limiter.takeCounts(at: now).map(\.address) == ["10.1.2.3"])
  }

  @Test("Addresses of one IPv6 network of 64 bits share what is written, and are counted together")
  mutating func network() {
    #expect(admitted(of: 50, from: "2001:db8:0:7::1") == 50)
    #expect(!admits("2001:db8:0:7:ffff:ffff:ffff:ffff"))
    #expect(admits("2001:db8:0:8::1"))
    #expect(limiter.takeCounts(at: now).map(\.address) == ["2001:db8:0:7::/64"])
  }

  @Test("A count says when its first refusal came, and begins anew once it was taken")
  mutating func since() {
    #expect(admitted(of: 51) == 50)
    let first = Self.time(now)
    now += .milliseconds(40)
    #expect(!admits())
    #expect(limiter.takeCounts(at: now) == [Suppression(address: "10.1.2.3", count: 2, since: first)])
    #expect(limiter.takeCounts(at: now) == [])
    #expect(!admits())
    #expect(limiter.takeCounts(at: now) == [Suppression(address: "10.1.2.3", count: 1, since: Self.time(now))])
  }

  @Test("A count is due 8 seconds after its first refusal, and no longer once it was taken")
  mutating func due() {
    #expect(admitted(of: 50) == 50)
    #expect(!limiter.isDue(at: now + .seconds(100)))
    #expect(!admits())
    let first = now
    now += .seconds(1)
    _ = admitted(of: 50)
    #expect(!limiter.isDue(at: first + .milliseconds(7999)))
    #expect(limiter.isDue(at: first + .seconds(8)))
    _ = limiter.takeCounts(at: now)
    #expect(!limiter.isDue(at: first + .seconds(100)))
  }

  @Test("Counts that couldn't be written are taken back, added to what has come since, and due at once")
  mutating func putBack() {
    #expect(admitted(of: 53) == 50)
    let first = Self.time(now)
    let counts = limiter.takeCounts(at: now)
    now += .milliseconds(10)
    #expect(!admits())
    limiter.putBack(counts, at: now)
    #expect(limiter.isDue(at: now))
    #expect(limiter.takeCounts(at: now) == [Suppression(address: "10.1.2.3", count: 4, since: first)])
    #expect(limiter.total == 4)
  }

  @Test("A refusal that couldn't be written is counted")
  mutating func notWritten() {
    #expect(admits())
    limiter.count(Self.client("10.1.2.3"), at: now, time: Self.time(now))
    #expect(limiter.takeCounts(at: now).map(\.count) == [1])
  }

  @Test("Beyond 1024 addresses the others are one, and memory stays bounded; quiet addresses make room again")
  mutating func manyAddresses() {
    for number in 0..<20_000 { _ = admits("10.0.\(number / 256).\(number % 256)") }
    #expect(limiter.addressCount == 1025)
    #expect(limiter.takeCounts(at: now).map(\.address) == ["other"])
    // A refusal takes a tenth of a second to be forgotten.
    now += .seconds(6)
    #expect(admits("10.99.0.1"))
    #expect(limiter.addressCount == 1)
  }

  @Test(
    "Whatever comes whenever, and whatever can't be written: admitted and counted are all there were",
    arguments: 1...20)
  mutating func sum(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var (told, written, counted) = (0, 0, 0)
    for _ in 0..<20_000 {
      switch Int.random(in: 0..<1000, using: &random) {
      case 0..<980:
        let client = Self.client("10.0.0.\(Int.random(in: 0..<2000, using: &random))")
        told += 1
        guard limiter.admits(client, at: now, time: Self.time(now)) else { break }
        if Int.random(in: 0..<10, using: &random) > 0 {
          written += 1
        } else {
          limiter.count(client, at: now, time: Self.time(now))
        }
      case 980..<990: now += .milliseconds(Int.random(in: 0...2000, using: &random))
      default:
        let counts = limiter.takeCounts(at: now)
        #expect(counts.allSatisfy { $0.count > 0 && $0.since <= Self.time(now) })
        #expect(Set(counts.map(\.address)).count == counts.count)
        if Bool.random(using: &random) {
          counted += counts.reduce(0) { $0 + Int($1.count) }
        } else {
          limiter.putBack(counts, at: now)
        }
      }
      #expect(limiter.addressCount <= RefusalLimiter.addressLimit + 1)
    }
    counted += limiter.takeCounts(at: now).reduce(0) { $0 + Int($1.count) }
    #expect(written + counted == told)
    #expect(limiter.total == counted)
  }

  @Test(
    "An IPv4 address is its own network, an IPv6 address's are its first 64 bits",
    arguments: [
      ("10.1.2.3", "10.1.2.3"), ("unix", "unix"), ("2001:db8::1", "2001:db8::/64"), ("::1", "::/64"), ("::", "::/64"),
      ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:0:2:3:4:5:6", "2001:db8:0:2::/64"),
      ("1::2:3:4:5:6:7", "1:0:2:3::/64"), ("1:2:3::8", "1:2:3::/64"), ("1:2:3:4:5::", "1:2:3:4::/64"),
      ("::2:3:4:5:6:7:8", "0:2:3:4::/64"), ("64:ff9b::192.0.2.1", "64:ff9b::/64"), ("::192.0.2.1", "::/64"),
      ("0:0:1::", "0:0:1::/64"),
    ])
  func networks(address: String, network: String) {
    #expect(Self.client(address).network == network)
  }
}
