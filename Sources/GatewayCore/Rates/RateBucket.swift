package import Clocks

/// How much of a `Rate` is used up: a token bucket, kept as the one moment at which it will be full again (GCRA).
///
/// The rate comes with each question, so that another one counts at once. A bucket can't be emptier than empty, whatever
/// rate it was emptied at: nobody ever waits longer than the rate's interval.
package struct RateBucket: Sendable, Forgettable {
  private var fullAt: MonotonicClock.Instant

  /// A full one.
  package init(fullAt now: MonotonicClock.Instant) {
    fullAt = now
  }

  /// How long until one more may happen; zero if it may now.
  package func wait(_ rate: Rate, at now: MonotonicClock.Instant) -> Duration {
    let emptied = now + rate.interval * rate.burst
    return max(.zero, min(max(fullAt, now), emptied) + rate.interval - emptied)
  }

  /// Takes one, if one more may happen now.
  ///
  /// - Returns: zero, else how long until one may be taken. What is refused takes nothing, so that this stays true however
  ///   often it is asked.
  package mutating func take(_ rate: Rate, at now: MonotonicClock.Instant) -> Duration {
    let wait = wait(rate, at: now)
    if wait == .zero { fullAt = max(fullAt, now) + rate.interval }
    return wait
  }

  /// A full bucket is as good as none.
  package func isForgettable(at now: MonotonicClock.Instant) -> Bool {
    fullAt <= now
  }
}
