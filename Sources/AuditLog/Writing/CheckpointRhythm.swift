import Clocks

/// Says when the chain's head is to be signed and told: after every 100th record since the last time, and 10 s after the
/// first one at the latest. While nothing happens, nothing is due.
struct CheckpointRhythm {
  static let recordLimit = 100
  static let timeLimit = Duration.seconds(10)

  private var count = 0
  /// When the first of them was written.
  private var since: MonotonicClock.Instant?

  /// Whether there are records since the last time.
  var isRunning: Bool {
    count > 0
  }

  func isDue(at now: MonotonicClock.Instant) -> Bool {
    count >= Self.recordLimit || since.map { now - $0 >= Self.timeLimit } ?? false
  }

  mutating func countRecord(at now: MonotonicClock.Instant) {
    count += 1
    since = since ?? now
  }

  mutating func restart() {
    self = CheckpointRhythm()
  }
}
