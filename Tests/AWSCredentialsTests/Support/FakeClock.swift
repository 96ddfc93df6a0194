import Clocks
import Synchronization

/// Two clocks that stand still until a test moves them.
final class FakeClock: Sendable {
  static let start = Timestamp(seconds: 1_795_363_200)

  private let elapsed = Mutex(Duration.zero)
  private let origin = ContinuousClock.now

  var wall: WallClock { WallClock { [self] in now } }
  var monotonic: MonotonicClock { MonotonicClock { [self] in instant } }
  var now: Timestamp { Self.start.advanced(by: elapsed.withLock { $0 }) }
  var instant: MonotonicClock.Instant { origin + elapsed.withLock { $0 } }

  func advance(_ duration: Duration) {
    elapsed.withLock { $0 += duration }
  }
}
