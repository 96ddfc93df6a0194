import Glibc
import Synchronization
import TestSupport
import Testing
import Threads

@testable import CurlTransport

@Suite("EventLoop: guests", .timeLimit(.minutes(2)))
struct GuestTests {
  @Test("A guest is run when admitted, when its descriptor can be read and when called, on the loop's thread")
  func isRun() async throws {
    let loop = try EventLoop(CurlSettings())
    defer { loop.stop() }
    let guest = try Guest()
    loop.admit(guest)
    #expect(await eventually { guest.runs == 1 })
    guest.makeReadable()
    #expect(await eventually { guest.runs == 2 })
    loop.call(guest)
    #expect(await eventually { guest.runs == 3 })
    let thread = await Task(executorPreference: loop) { UInt(pthread_self()) }.value
    loop.dismiss(guest)
    #expect(guest.threads == [thread])
  }

  @Test("A guest that asks for it is run again though nothing happens, as often as it asks", arguments: [0, 1])
  func asksAgain(milliseconds: Int) async throws {
    let loop = try EventLoop(CurlSettings())
    defer { loop.stop() }
    let guest = try Guest(again: 5, after: .milliseconds(milliseconds))
    loop.admit(guest)
    #expect(await eventually { guest.runs == 6 })
    // What it is called for comes after all that was to come.
    loop.call(guest)
    #expect(await eventually { guest.runs == 7 })
    loop.dismiss(guest)
  }

  @Test("A guest that was dismissed isn't run any more, whatever comes; the others are")
  func isDismissed() async throws {
    let loop = try EventLoop(CurlSettings())
    defer { loop.stop() }
    let (gone, staying) = (try Guest(again: .max, after: .milliseconds(1)), try Guest())
    loop.admit(gone)
    loop.admit(staying)
    #expect(await eventually { gone.runs > 2 })
    loop.dismiss(gone)
    let runs = gone.runs
    gone.makeReadable()
    loop.call(gone)
    for _ in 0..<3 {
      let before = staying.runs
      staying.makeReadable()
      #expect(await eventually { staying.runs > before })
    }
    #expect(gone.runs == runs)
    loop.dismiss(staying)
  }

  /// Sends from the loop: on the test's threads each turn may be long in coming, and all the while the loop is busy.
  private static func expectTenAnswers(_ harness: Harness) async {
    let answers = await harness.onLoop { harness in
      var answers: [String?] = []
      for number in 0..<10 { answers.append(await harness.send("PUT", "/\(number)").text) }
      return answers
    }
    #expect(answers == (0..<10).map { "PUT /\($0) HTTP/1.1" })
  }

  @Test("Guests that give the loop more to do at every turn don't keep transfers from their answers")
  func restless() async throws {
    try await Harness.run { connection in
      while let request = connection.readRequest() { connection.answer(request.line) }
    } body: { harness in
      let guest = try Guest()
      guest.whenRun { [loop = harness.loop] guest in
        // Now by a call, now by a task, as a listener's requests and answers do.
        loop.call(guest)
        Task(executorPreference: loop) {}
      }
      harness.loop.admit(guest)
      await Self.expectTenAnswers(harness)
      guest.whenRun(nil)
      harness.loop.dismiss(guest)
    }
  }

  @Test("A loop with guests serves its transfers and tasks as ever")
  func besideTransfers() async throws {
    try await Harness.run { connection in
      while let request = connection.readRequest() { connection.answer(request.line) }
    } body: { harness in
      let guest = try Guest(again: .max, after: .zero)
      harness.loop.admit(guest)
      await Self.expectTenAnswers(harness)
      harness.loop.dismiss(guest)
      #expect(guest.runs > 10)
    }
  }
}

/// Counts how often it is run, and reads all that there is to read.
private final class Guest: LoopGuest {
  private struct State {
    var runs = 0
    var threads: Set<UInt> = []
    var again: Int
    var whenRun: (@Sendable (Guest) -> Void)?
  }

  let descriptor: Int32
  private let other: Int32
  private let pause: Duration
  private let state: Mutex<State>

  /// - Parameter again: how often it asks to be run again.
  init(again: Int = 0, after pause: Duration = .zero) throws {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    (descriptor, other) = (ends[0], ends[1])
    self.pause = pause
    state = Mutex(State(again: again))
  }

  deinit {
    close(descriptor)
    close(other)
  }

  var runs: Int { state.withLock(\.runs) }
  var threads: Set<UInt> { state.withLock(\.threads) }

  func whenRun(_ body: (@Sendable (Guest) -> Void)?) {
    state.withLock { $0.whenRun = body }
  }

  func makeReadable() {
    write(other, "x", 1)
  }

  func run() -> Duration? {
    var buffer = [UInt8](repeating: 0, count: 16)
    while read(descriptor, &buffer, buffer.count) > 0 {}
    state.withLock(\.whenRun)?(self)
    return state.withLock { state in
      state.runs += 1
      state.threads.insert(UInt(pthread_self()))
      guard state.again > 0 else { return nil }
      state.again -= 1
      return pause
    }
  }
}
