import Dispatch
import Synchronization

/// Holds a sync up until it is told to go on: a disk that takes its time.
final class DiskGate: Sendable {
  private enum State {
    case open, armed, holding
  }

  private let state = Mutex(State.open)
  private let released = DispatchSemaphore(value: 0)

  /// The next sync will wait.
  func arm() {
    state.withLock { $0 = .armed }
  }

  /// Whether a sync waits.
  var isHolding: Bool {
    state.withLock { $0 == .holding }
  }

  /// Lets the sync go on that waits.
  func release() {
    released.signal()
  }

  /// What a sync calls.
  func pass() {
    let waits = state.withLock { state in
      guard state == .armed else { return false }
      state = .holding
      return true
    }
    guard waits else { return }
    released.wait()
    state.withLock { $0 = .open }
  }
}
