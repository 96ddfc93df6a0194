import Testing

@testable import OpenSearchClient

@Suite("Backoff")
struct BackoffTests {
  static let doubled = [(1, 50), (2, 100), (3, 200), (4, 400), (9, 12_800), (10, 20_000), (11, 20_000), (1000, 20_000)]
  static let throttled = [(1, 1000), (2, 2000), (3, 4000), (5, 16_000), (6, 20_000), (7, 20_000), (1000, 20_000)]

  private func delay(
    after attempt: Int = 1, isThrottled: Bool = false, random: Double = 1, retryAfter: String? = nil
  ) -> Duration {
    Backoff.delay(after: attempt, isThrottled: isThrottled, random: random, retryAfter: retryAfter)
  }

  @Test("The longest delay doubles from 50 ms on, up to 20 s", arguments: doubled)
  func doubles(attempt: Int, milliseconds: Int) {
    #expect(delay(after: attempt) == .milliseconds(milliseconds))
  }

  @Test("Where AWS throttles, it doubles from a second on, up to 20 s", arguments: throttled)
  func doublesThrottled(attempt: Int, milliseconds: Int) {
    #expect(delay(after: attempt, isThrottled: true) == .milliseconds(milliseconds))
  }

  @Test("A delay is a random part of the longest one, from nothing to all of it")
  func jitter() {
    #expect(delay(after: 3, random: 0) == .zero)
    #expect(delay(after: 3, random: 0.25) == .milliseconds(50))
    #expect(delay(after: 11, random: 0.5) == .seconds(10))
    #expect(delay(isThrottled: true, random: 0.5) == .milliseconds(500))
  }

  static let asked = [
    ("10000", 5050), ("5051", 5050), ("5050", 5050), ("5049", 5049), ("51", 51), ("50", 50), ("49", 50), ("0", 50),
    ("00100", 100), ("9223372036854775807", 5050),
  ]

  @Test("x-amz-retry-after counts in milliseconds, from the computed delay to 5 s more", arguments: asked)
  func retryAfter(text: String, milliseconds: Int) {
    #expect(delay(retryAfter: text) == .milliseconds(milliseconds))
  }

  @Test("The bounds of x-amz-retry-after go with the computed delay")
  func retryAfterBounds() {
    #expect(delay(random: 0, retryAfter: "10000") == .seconds(5))
    #expect(delay(random: 0, retryAfter: "0") == .zero)
    #expect(delay(isThrottled: true, retryAfter: "10000") == .seconds(6))
    #expect(delay(after: 10, retryAfter: "60000") == .seconds(25))
    #expect(delay(after: 10, retryAfter: "1") == .seconds(20))
  }

  @Test(
    "An x-amz-retry-after that isn't a whole number, or is negative, is ignored",
    arguments: [
      "", " ", "-1", "-10000", "1e3", "1.5", "1000.0", "+1000", "0x10", "1000ms", " 1000", "1000 ", "1 000",
      "1000, 1000",
      "１０００", "NaN", "Sun, 22 Nov 2026 16:00:00 GMT",
    ])
  func badRetryAfter(_ text: String) {
    #expect(delay(retryAfter: text) == .milliseconds(50))
  }
}
