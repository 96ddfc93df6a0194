/// Where durations and deadlines come from: a clock that nobody can set.
package struct MonotonicClock: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private let read: @Sendable () -> Instant

  package init(_ read: @escaping @Sendable () -> Instant) {
    self.read = read
  }

  /// The moment now.
  package func now() -> Instant {
    read()
  }

  /// The system's monotonic clock.
  package static let system = MonotonicClock { ContinuousClock.now }
}
