import Clocks
import Synchronization

/// A monotonic clock that goes on only when it is told to.
final class ManualTime: Sendable {
  private let start = ContinuousClock.now
  private let passed = Mutex(Duration.zero)

  func advance(by duration: Duration) {
    passed.withLock { $0 += duration }
  }

  var clock: MonotonicClock {
    MonotonicClock { self.start + self.passed.withLock { $0 } }
  }
}
