import Clocks
import GatewayCore
import Testing

@Suite("RateBuckets")
struct RateBucketsTests {
  private static let rate = Rate(perSecond: 5, burst: 20)
  private let start = ContinuousClock.now
  private var buckets = RateBuckets(limit: 100)

  /// How many of so many at once are let in.
  private mutating func taken(_ name: String, of count: Int, at now: MonotonicClock.Instant) -> Int {
    (0..<count).count { _ in buckets.take(name, Self.rate, at: now) == .zero }
  }

  @Test("Each name has a bucket of its own")
  mutating func names() {
    #expect(taken("a", of: 30, at: start) == 20)
    #expect(taken("b", of: 30, at: start) == 20)
    #expect(buckets.wait("a", Self.rate, at: start) == .milliseconds(200))
    #expect(buckets.wait("c", Self.rate, at: start) == .zero)
    #expect(buckets.count == 2)
  }

  @Test("Beyond the limit the others share one bucket, those it knows keep theirs, and quiet ones make room again")
  mutating func limit() {
    for number in 0..<100 { #expect(buckets.take("known-\(number)", Self.rate, at: start) == .zero) }
    let others = (0..<50).map { buckets.take("new-\($0)", Self.rate, at: start) }
    #expect(others.count { $0 == .zero } == 20)
    #expect(buckets.wait("new-99", Self.rate, at: start) > .zero)
    #expect(taken("known-7", of: 30, at: start) == 19)
    #expect(buckets.count == 101)
    let later = start + .seconds(2)
    #expect(taken("new-99", of: 30, at: later) == 20)
    // The shared bucket and the busy name aren't full again yet.
    #expect(buckets.count == 3)
  }

  @Test("However many names come, and however fast, they are a bounded table", arguments: [0, 20])
  mutating func flood(microsecondsApart: Int) {
    buckets = RateBuckets(limit: RateLimits.nameLimit)
    var now = start
    for number in 0..<100_000 {
      _ = buckets.take("network-\(number)", Self.rate, at: now)
      now += .microseconds(microsecondsApart)
    }
    #expect(buckets.count <= RateLimits.nameLimit + 1)
  }
}
