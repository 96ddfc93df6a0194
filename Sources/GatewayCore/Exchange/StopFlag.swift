package import Clocks
import Synchronization

/// Whether the service is stopping: waiting ends as soon as it can, every answer ends its connection, and calls are begun
/// only while there is time for them.
package final class StopFlag: Sendable {
  private let value = Atomic(false)
  private let lastCall = Mutex<MonotonicClock.Instant?>(nil)

  package init() {}

  package var isSet: Bool {
    value.load(ordering: .relaxed)
  }

  /// Whether a call that comes now is still begun.
  package func admitsCalls(at now: MonotonicClock.Instant) -> Bool {
    !isSet || lastCall.withLock { lastCall in lastCall.map { now < $0 } ?? false }
  }

  /// From now on it stops.
  ///
  /// - Parameter lastCall: until when calls are begun that still come; `nil`: none is.
  package func set(callsUntil lastCall: MonotonicClock.Instant? = nil) {
    self.lastCall.withLock { $0 = lastCall }
    value.store(true, ordering: .relaxed)
  }
}
