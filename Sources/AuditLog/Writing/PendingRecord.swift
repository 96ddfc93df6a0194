import Clocks
import GatewayCore
import Synchronization

/// A record on its way to the disk, and the call that waits for it.
///
/// `waiting` → `taken` by the writer's thread → ended, by the write's result. Before either, its deadline may end it.
/// Then one that isn't taken yet is dropped, as nothing has come of it; but an outcome is always written, since what it
/// tells has happened.
final class PendingRecord: Sendable {
  private struct State {
    var isTaken = false
    var expired: MonotonicClock.Instant?
    var continuation: CheckedContinuation<Result<Void, AuditUnavailable>, Never>?
  }

  let record: AuditRecord
  private let began: MonotonicClock.Instant
  private let deadline: MonotonicClock.Instant?
  private let state: Mutex<State>

  /// - Parameters:
  ///   - began: the moment now.
  ///   - deadline: when its call's time is over; `nil` for never.
  init(
    _ record: AuditRecord, began: MonotonicClock.Instant, by deadline: MonotonicClock.Instant?,
    _ continuation: CheckedContinuation<Result<Void, AuditUnavailable>, Never>
  ) {
    self.record = record
    self.began = began
    self.deadline = deadline
    state = Mutex(State(continuation: continuation))
  }

  /// Whether it is to be written.
  func take() -> Bool {
    state.withLock { state in
      state.isTaken = state.continuation != nil || record.stage == .outcome
      return state.isTaken
    }
  }

  /// Tells the one who waits.
  ///
  /// - Returns: whether anyone did.
  @discardableResult
  func end(_ result: Result<Void, AuditUnavailable>) -> Bool {
    let continuation = state.withLock { state in
      defer { state.continuation = nil }
      return state.continuation
    }
    continuation?.resume(returning: result)
    return continuation != nil
  }

  /// How long the one who waited did so, if he was told that it takes too long.
  var patience: Duration {
    state.withLock { ($0.expired ?? began) - began }
  }

  /// Whether someone waits whose time is over.
  func isDue(at now: MonotonicClock.Instant) -> Bool {
    guard let deadline, deadline <= now else { return false }
    return state.withLock { $0.continuation != nil }
  }

  /// Tells the one who waits that it takes too long.
  func expire(at now: MonotonicClock.Instant) {
    let (continuation, isUndecided) = state.withLock { state in
      defer {
        state.expired = now
        state.continuation = nil
      }
      return (state.continuation, state.isTaken || record.stage == .outcome)
    }
    continuation?.resume(
      returning: .failure(AuditUnavailable("the disk takes longer than a call may", isUndecided: isUndecided)))
  }
}
