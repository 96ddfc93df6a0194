import Clocks
import Synchronization
import TestSupport

/// Runs tasks one step at a time, in virtual time. Which step comes next is drawn at random and is the same for the same
/// seed: what a test finds can be seen again, and nothing is waited for.
final class Simulation: TaskExecutor {
  private struct Sleeper {
    let due: MonotonicClock.Instant
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var random: SplitMix64
    var now: MonotonicClock.Instant
    var ready: [UnownedJob] = []
    var sleepers: [Sleeper] = []

    /// Whose time has come.
    mutating func takeDue() -> [Sleeper] {
      let due = sleepers.filter { $0.due <= now }
      sleepers.removeAll { $0.due <= now }
      return due
    }

    mutating func takeReady() -> UnownedJob? {
      guard !ready.isEmpty else { return nil }
      return ready.remove(at: Int.random(in: ready.indices, using: &random))
    }
  }

  private static let stepLimit = 100_000

  let start = ContinuousClock.now
  private let state: Mutex<State>

  init(seed: UInt64 = 1) {
    state = Mutex(State(random: SplitMix64(seed: seed), now: start))
  }

  var clock: MonotonicClock {
    MonotonicClock { self.state.withLock(\.now) }
  }

  /// How much time has passed.
  var passed: Duration {
    state.withLock { $0.now - start }
  }

  /// How much time is left.
  func left(until deadline: MonotonicClock.Instant) -> Duration {
    state.withLock { deadline - $0.now }
  }

  /// Something random, the same for the same seed.
  func random<Value: Sendable>(_ draw: (inout SplitMix64) -> Value) -> Value {
    state.withLock { draw(&$0.random) }
  }

  /// Returns when so much time has passed. Others may run before, even where it is none.
  func sleep(_ duration: Duration = .zero) async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.sleepers.append(Sleeper(due: $0.now + duration, continuation: continuation)) }
    }
  }

  /// Begins something, which goes on in `run()`.
  @discardableResult
  func begin<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Pending<Value> {
    let pending = Pending<Value>()
    let task = Task(executorPreference: self) { pending.end(await work()) }
    pending.cancel = { task.cancel() }
    return pending
  }

  /// Goes on until nothing is left that could, or until so much time has passed since the start. What would go on for
  /// ever is left where it is.
  func run(until end: Duration? = nil) {
    for _ in 0..<Self.stepLimit where !step(end) { return }
  }

  private func step(_ end: Duration?) -> Bool {
    state.withLock { $0.takeDue() }.forEach { $0.continuation.resume() }
    if let job = state.withLock({ $0.takeReady() }) {
      job.runSynchronously(on: asUnownedTaskExecutor())
      return true
    }
    return state.withLock { state in
      guard let next = state.sleepers.map(\.due).min(), end.map({ next <= start + $0 }) ?? true else { return false }
      state.now = next
      return true
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.ready.append(job) }
  }
}
