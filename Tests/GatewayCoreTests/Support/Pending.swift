import Synchronization

/// What a task comes to.
final class Pending<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var cancel: @Sendable () -> Void = {}
  }

  private let state = Mutex(State())

  /// `nil` until it has ended.
  var value: Value? {
    state.withLock { $0.value }
  }

  /// Cancels the task, as it is when whoever waits for it gives up.
  var cancel: @Sendable () -> Void {
    get { state.withLock { $0.cancel } }
    set { state.withLock { $0.cancel = newValue } }
  }

  func end(_ value: Value) {
    state.withLock { $0.value = value }
  }
}
