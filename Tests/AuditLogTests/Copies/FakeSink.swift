import Clocks
import Dispatch
import GatewayCore
import Synchronization

@testable import AuditLog

/// A copy that takes lines, refuses them, or holds them up, as it is told.
final class FakeSink: CopySink, Sendable {
  private struct State {
    var lines: [String] = []
    var failures: [CopyFailure] = []
    var failsAlways: CopyFailure?
    var isHolding = false
    var tries = 0
  }

  private let state = Mutex(State())
  private let released = DispatchSemaphore(value: 0)

  /// What it has taken.
  var lines: [String] { state.withLock(\.lines) }
  var tries: Int { state.withLock(\.tries) }

  /// Fails for so many of the next tries.
  func fail(_ failure: CopyFailure, times: Int) {
    state.withLock { $0.failures += Array(repeating: failure, count: times) }
  }

  func failAlways(_ failure: CopyFailure?) {
    state.withLock { $0.failsAlways = failure }
  }

  /// From now on a line waits until `release`.
  func hold() {
    state.withLock { $0.isHolding = true }
  }

  func release() {
    state.withLock { $0.isHolding = false }
    released.signal()
  }

  func send(_ line: WrittenBatch.Line, time: Timestamp) throws(CopyFailure) {
    let isHeld = state.withLock { state in
      state.tries += 1
      return state.isHolding
    }
    if isHeld { released.wait() }
    let failure = state.withLock { $0.failures.isEmpty ? $0.failsAlways : $0.failures.removeFirst() }
    if let failure { throw failure }
    state.withLock { $0.lines.append("\(line.stage.rawValue) \(String(decoding: line.bytes, as: UTF8.self))") }
  }
}
