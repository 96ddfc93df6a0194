package import Clocks

/// A bucket for each of many names, in bounded memory.
package struct RateBuckets: Sendable {
  private var buckets: BoundedTable<RateBucket>

  /// - Parameter limit: how many names are told apart.
  package init(limit: Int) {
    buckets = BoundedTable(limit: limit)
  }

  /// How many buckets there are.
  package var count: Int {
    buckets.count
  }

  /// How long until the name may have one more; zero if it may now.
  package mutating func wait(_ name: String, _ rate: Rate, at now: MonotonicClock.Instant) -> Duration {
    buckets[buckets.name(for: name, at: now)]?.wait(rate, at: now) ?? .zero
  }

  /// Takes one from the name's bucket.
  ///
  /// - Returns: zero, else how long until one may be taken.
  package mutating func take(_ name: String, _ rate: Rate, at now: MonotonicClock.Instant) -> Duration {
    let name = buckets.name(for: name, at: now)
    var bucket = buckets[name] ?? RateBucket(fullAt: now)
    let wait = bucket.take(rate, at: now)
    if wait == .zero { buckets[name] = bucket }
    return wait
  }
}
