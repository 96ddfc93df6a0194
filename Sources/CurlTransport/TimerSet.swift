/// Somebody who sleeps on the loop.
struct LoopTimer: Sendable {
  let deadline: ContinuousClock.Instant
  let continuation: CheckedContinuation<Void, Never>
}

/// The timers of the loop. Belongs to the loop's thread.
///
/// A list and no heap: those who sleep are retries and polls, some hundreds at the most.
final class TimerSet {
  private var timers: [LoopTimer] = []

  /// When the first one is due.
  private(set) var next: ContinuousClock.Instant?

  func add(_ timer: LoopTimer) {
    timers.append(timer)
    next = min(next ?? timer.deadline, timer.deadline)
  }

  /// Wakes those whose time has come.
  func fire(at now: ContinuousClock.Instant) {
    guard let next, next <= now else { return }
    let due = timers.filter { $0.deadline <= now }
    timers.removeAll { $0.deadline <= now }
    self.next = timers.map(\.deadline).min()
    due.forEach { $0.continuation.resume() }
  }

  /// Wakes all of them.
  func fireAll() {
    let all = timers
    timers = []
    next = nil
    all.forEach { $0.continuation.resume() }
  }
}
