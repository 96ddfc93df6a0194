import Clocks
import GatewayCore
import TestSupport
import Testing

@Suite("RateBucket")
struct RateBucketTests {
  private static let rates = [
    Rate(perSecond: 1, burst: 1), Rate(perSecond: 1, burst: 7), Rate(perSecond: 3, burst: 2),
    Rate(perSecond: 5, burst: 20), Rate(perSecond: 10, burst: 20), Rate(perSecond: 1000, burst: 1),
  ]

  @Test("A full bucket gives its burst at once, and after that one for each interval", arguments: rates)
  func burst(rate: Rate) {
    let start = ContinuousClock.now
    var bucket = RateBucket(fullAt: start)
    for _ in 0..<rate.burst { #expect(bucket.take(rate, at: start) == .zero) }
    for number in 1...10 {
      let due = start + rate.interval * number
      #expect(bucket.take(rate, at: due - .nanoseconds(1)) > .zero)
      #expect(bucket.take(rate, at: due) == .zero)
      #expect(bucket.take(rate, at: due) == rate.interval)
    }
  }

  @Test("Whoever waits as long as he is told is let in, and not a moment before", arguments: rates)
  func wait(rate: Rate) {
    var random = SplitMix64(seed: 7)
    var now = ContinuousClock.now
    var bucket = RateBucket(fullAt: now)
    for _ in 0..<2000 {
      now += rate.interval * Double.random(in: 0...1.5, using: &random)
      let wait = bucket.wait(rate, at: now)
      #expect(wait <= rate.interval)
      var early = bucket
      #expect(early.take(rate, at: now) == wait)
      if wait > .zero {
        #expect(early.take(rate, at: now + wait - .nanoseconds(1)) > .zero)
        #expect(early.take(rate, at: now + wait) == .zero)
        now += wait
      }
      #expect(bucket.take(rate, at: now) == .zero)
    }
  }

  @Test("Asking again and again makes nobody wait longer")
  func noPenalty() {
    let rate = Rate(perSecond: 2, burst: 3)
    let start = ContinuousClock.now
    var bucket = RateBucket(fullAt: start)
    for millisecond in 0..<499 { _ = bucket.take(rate, at: start + .milliseconds(millisecond)) }
    #expect(bucket.take(rate, at: start + .milliseconds(500)) == .zero)
  }

  @Test("However long it was quiet, it holds no more than its burst")
  func quiet() {
    let rate = Rate(perSecond: 10, burst: 20)
    let start = ContinuousClock.now
    var bucket = RateBucket(fullAt: start)
    #expect(bucket.isForgettable(at: start))
    #expect(bucket.take(rate, at: start) == .zero)
    #expect(!bucket.isForgettable(at: start + .milliseconds(99)))
    #expect(bucket.isForgettable(at: start + .milliseconds(100)))
    let later = start + .seconds(86_400)
    for _ in 0..<20 { #expect(bucket.take(rate, at: later) == .zero) }
    #expect(bucket.take(rate, at: later) > .zero)
  }

  @Test("Another rate counts at once: nobody pays at the old one's interval")
  func otherRate() {
    let (slow, fast) = (Rate(perSecond: 1, burst: 100), Rate(perSecond: 10, burst: 20))
    let start = ContinuousClock.now
    var bucket = RateBucket(fullAt: start)
    for _ in 0..<100 { _ = bucket.take(slow, at: start) }
    #expect(bucket.wait(slow, at: start) == .seconds(1))
    #expect(bucket.wait(fast, at: start) == .milliseconds(100))
    #expect(bucket.take(fast, at: start + .milliseconds(100)) > .zero)
    #expect(bucket.take(fast, at: start + .seconds(99)) == .zero)
  }
}
