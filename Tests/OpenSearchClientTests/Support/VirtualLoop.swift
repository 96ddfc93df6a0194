import Clocks
import Synchronization
import Testing

/// Runs tasks, as many at once as there are, on the thread that calls `run`, and in a time of its own: when all of them
/// wait, the clock jumps to where the first sleeper wakes. The same tasks always take the same turns.
final class VirtualLoop: TaskExecutor {
  private struct Sleeper {
    let due: Duration
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var jobs: [UnownedJob] = []
    var sleepers: [Sleeper] = []
    var passed = Duration.zero
  }

  /// More than that is a loop without end.
  private static let longestRun = 1_000_000

  let start = ContinuousClock.now
  /// 2026-11-22T16:00:00Z.
  let wallStart = Timestamp(seconds: 1_795_363_200)
  private let state = Mutex(State())

  /// How much time went by in here.
  var passed: Duration { state.withLock(\.passed) }
  var clock: MonotonicClock { MonotonicClock { [self] in start + passed } }
  var wallClock: WallClock { WallClock { [self] in wallStart.advanced(by: passed) } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
  }

  @Sendable func sleep(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.sleepers.append(Sleeper(due: $0.passed + duration, continuation: continuation)) }
    }
  }

  /// Runs `body`, and whatever it starts, until it returns.
  func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let result = Outcome<Value>()
    Task(executorPreference: self) {
      do {
        result.set(.success(try await body()))
      } catch {
        result.set(.failure(error))
      }
    }
    for _ in 0..<Self.longestRun {
      if let job = nextJob() {
        job.runSynchronously(on: asUnownedTaskExecutor())
      } else if let value = result.value {
        return try value.get()
      } else {
        try #require(wakeNext(), "every task waits for something that never comes")
      }
    }
    throw Endless()
  }

  private func nextJob() -> UnownedJob? {
    state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
  }

  private func wakeNext() -> Bool {
    let next = state.withLock { state -> Sleeper? in
      guard let first = state.sleepers.indices.min(by: { state.sleepers[$0].due < state.sleepers[$1].due }) else {
        return nil
      }
      let sleeper = state.sleepers.remove(at: first)
      state.passed = max(state.passed, sleeper.due)
      return sleeper
    }
    next?.continuation.resume()
    return next != nil
  }

  struct Endless: Error {}

  private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    var value: Result<Value, any Error>? { result.withLock { $0 } }

    func set(_ value: Result<Value, any Error>) {
      result.withLock { $0 = value }
    }
  }
}
