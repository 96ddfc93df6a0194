import Synchronization
import Testing

@testable import CurlTransport

@Suite("TimerSet", .timeLimit(.minutes(2)))
struct TimerSetTests {
  private static let start = ContinuousClock.now

  /// A timer set, and those who sleep in it.
  private actor Sleepers {
    private let timers = TimerSet()
    private var asleep = 0

    var next: Duration? {
      timers.next.map { $0 - TimerSetTests.start }
    }

    /// Sleeps; returns what was given, woken.
    func sleep<Value: Sendable>(_ value: Value, until time: Duration) async -> Value {
      await withCheckedContinuation { continuation in
        asleep += 1
        timers.add(LoopTimer(deadline: TimerSetTests.start + time, continuation: continuation))
      }
      asleep -= 1
      return value
    }

    /// Waits until so many sleep.
    func wait(for count: Int) async {
      while asleep != count { await Task.yield() }
    }

    func fire(at time: Duration) {
      timers.fire(at: TimerSetTests.start + time)
    }

    func fireAll() {
      timers.fireAll()
    }
  }

  /// Has sleepers with these times, in seconds, and looks who wakes: `body` says until how many are left asleep.
  private func woken(
    _ times: [Int], by body: (Sleepers) async -> Void, leaving left: Int
  ) async -> Set<Int> {
    let sleepers = Sleepers()
    return await withTaskGroup(of: Int.self) { group in
      for time in times { group.addTask { await sleepers.sleep(time, until: .seconds(time)) } }
      await sleepers.wait(for: times.count)
      await body(sleepers)
      await sleepers.wait(for: left)
      var woken: Set<Int> = []
      for _ in 0..<(times.count - left) {
        if let time = await group.next() { woken.insert(time) }
      }
      await sleepers.fireAll()
      return woken
    }
  }

  @Test("Without sleepers nothing is due, and firing does nothing")
  func empty() {
    let timers = TimerSet()
    #expect(timers.next == nil)
    timers.fire(at: .now)
    timers.fireAll()
    #expect(timers.next == nil)
  }

  @Test("Those whose time has come wake, to the moment, and no others")
  func due() async {
    #expect(await woken([1, 2, 3], by: { await $0.fire(at: .milliseconds(999)) }, leaving: 3) == [])
    #expect(await woken([3, 1, 2], by: { await $0.fire(at: .seconds(1)) }, leaving: 2) == [1])
    #expect(await woken([3, 1, 2], by: { await $0.fire(at: .seconds(2)) }, leaving: 1) == [1, 2])
    #expect(await woken([3, 1, 2], by: { await $0.fire(at: .seconds(9)) }, leaving: 0) == [1, 2, 3])
    #expect(await woken([-5, 4], by: { await $0.fire(at: .zero) }, leaving: 1) == [-5])
  }

  @Test("All wake when the loop is told to hurry")
  func all() async {
    #expect(await woken([1, 3600, 2], by: { await $0.fireAll() }, leaving: 0) == [1, 2, 3600])
  }

  @Test("The next time is the first sleeper's, in whatever order they came, and that of those who are left")
  func next() async {
    let seen = Mutex<[Duration?]>([])
    let note: @Sendable (Duration?) -> Void = { time in seen.withLock { $0.append(time) } }
    _ = await woken(
      [5, 2, 9, 2],
      by: { sleepers in
        note(await sleepers.next)
        await sleepers.fire(at: .seconds(1))
        note(await sleepers.next)
        await sleepers.fire(at: .seconds(2))
        note(await sleepers.next)
        await sleepers.fire(at: .seconds(5))
        note(await sleepers.next)
        await sleepers.fire(at: .seconds(9))
        note(await sleepers.next)
      }, leaving: 0)
    #expect(seen.withLock { $0 } == [.seconds(2), .seconds(2), .seconds(5), .seconds(9), nil])
  }

  @Test("After all were woken, a new sleeper sleeps")
  func again() async {
    let sleepers = Sleepers()
    async let first = sleepers.sleep("first", until: .seconds(1))
    await sleepers.wait(for: 1)
    await sleepers.fireAll()
    #expect(await first == "first")
    #expect(await sleepers.next == nil)
    async let second = sleepers.sleep("second", until: .seconds(7))
    await sleepers.wait(for: 1)
    #expect(await sleepers.next == .seconds(7))
    await sleepers.fire(at: .seconds(7))
    #expect(await second == "second")
  }
}
