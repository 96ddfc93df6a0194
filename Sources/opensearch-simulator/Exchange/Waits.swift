import Synchronization

/// What requests wait for that stall or are slow: time, or the simulator's end.
final class Waits: Sendable {
  private struct State {
    var isOver = false
    var sleepers: [Int: Task<Void, Never>] = [:]
    var lastKey = 0
  }

  private let state = Mutex(State())

  /// Waits so long; `false` if the simulator's end came first.
  func wait(for duration: Duration) async -> Bool {
    let (key, sleeper) = state.withLock { state in
      let sleeper = Task { _ = try? await Task.sleep(for: duration) }
      if state.isOver { sleeper.cancel() }
      state.lastKey += 1
      state.sleepers[state.lastKey] = sleeper
      return (state.lastKey, sleeper)
    }
    await sleeper.value
    return state.withLock { state in
      state.sleepers[key] = nil
      return !state.isOver
    }
  }

  /// Ends every wait, those to come as well.
  func end() {
    state.withLock { state in
      state.isOver = true
      state.sleepers.values.forEach { $0.cancel() }
    }
  }
}
