import Clocks
import SigV4
import Synchronization
import TestSupport
import Testing

@testable import AWSCredentials

struct RefreshingCredentialsTests {
  private let clock = FakeClock()
  private let lookUps = LookUps()
  private let events = Events()
  private let sleeps = Sleeps()

  private final class Events: Sendable {
    private let list = Mutex<[CredentialEvent]>([])

    var all: [CredentialEvent] { list.withLock { $0 } }

    func append(_ event: CredentialEvent) {
      list.withLock { $0.append(event) }
    }
  }

  /// Those who sleep, until a test wakes them.
  private final class Sleeps: Sendable {
    private let state = Mutex<(durations: [Duration], waiting: [CheckedContinuation<Void, Never>])>(([], []))

    var all: [Duration] { state.withLock(\.durations) }

    func sleep(_ duration: Duration) async {
      await withCheckedContinuation { continuation in
        state.withLock {
          $0.durations.append(duration)
          $0.waiting.append(continuation)
        }
      }
    }

    func wake() {
      let waiting = state.withLock { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      waiting.forEach { $0.resume() }
    }
  }

  private func provider(random: Double = 0.5) -> RefreshingCredentials {
    RefreshingCredentials(
      wallClock: clock.wall, clock: clock.monotonic, sleep: { [sleeps] in await sleeps.sleep($0) },
      random: { random }, executor: globalConcurrentExecutor, log: { [events] in events.append($0) }
    ) { [lookUps] () async throws(CredentialsUnavailable) in try await lookUps.run() }
  }

  private func hour(_ id: String) -> LookUps.Outcome {
    .success(found(id, until: clock.now.advanced(by: .seconds(3600))))
  }

  @Test("A hundred callers at once have one look-up between them")
  func singleFlight() async throws {
    let provider = provider()
    let calls = (0..<100).map { _ in Task { try await provider.credentials() } }
    #expect(await eventually { lookUps.openCount == 1 })
    lookUps.answer(hour("KEY"))
    for call in calls { #expect(try await call.value == keys("KEY")) }
    #expect(lookUps.count == 1)
  }

  @Test("A caller that is cancelled takes nothing from the others, even if it began the refresh")
  func cancelledCaller() async throws {
    let provider = provider()
    let first = Task { try await provider.credentials() }
    #expect(await eventually { lookUps.openCount == 1 })
    let second = Task { try await provider.credentials() }
    first.cancel()
    await #expect(throws: CredentialsUnavailable.self) { try await first.value }
    lookUps.answer(hour("KEY"))
    #expect(try await second.value == keys("KEY"))
    #expect(try await provider.credentials() == keys("KEY"))
    #expect(lookUps.count == 1)
  }

  @Test("A caller waits no longer than to the deadline; the look-up and the others go on")
  func deadline() async throws {
    let provider = provider()
    let hurried = Task { try await provider.credentials(deadline: clock.instant + .seconds(15)) }
    #expect(await eventually { sleeps.all == [.seconds(15)] })
    let patient = Task { try await provider.credentials() }
    #expect(await eventually { lookUps.openCount == 1 })
    sleeps.wake()
    await #expect(throws: CredentialsUnavailable.self) { try await hurried.value }
    lookUps.answer(hour("KEY"))
    #expect(try await patient.value == keys("KEY"))
    #expect(try await provider.credentials(deadline: clock.instant) == keys("KEY"))
    #expect(lookUps.count == 1)
  }

  @Test("In the advisory window callers have the old ones at once, until the new ones are there")
  func advisory() async throws {
    let provider = provider()
    lookUps.answer(hour("OLD"))
    _ = try await provider.credentials()
    clock.advance(.seconds(2700))
    #expect(try await provider.credentials() == keys("OLD"))
    #expect(await eventually { lookUps.openCount == 1 })
    #expect(try await provider.credentials() == keys("OLD"))
    lookUps.answer(hour("NEW"))
    #expect(await eventually { events.all.count == 2 })
    #expect(try await provider.credentials() == keys("NEW"))
    #expect(lookUps.count == 2)
  }

  @Test("In the mandatory window callers wait; if the refresh fails they have the old ones, as long as these live")
  func mandatory() async throws {
    let provider = provider()
    lookUps.answer(hour("OLD"))
    _ = try await provider.credentials()
    clock.advance(.seconds(3570))
    lookUps.answer(.failure(CredentialsUnavailable("down")))
    #expect(try await provider.credentials() == keys("OLD"))
    #expect(lookUps.count == 2)
    clock.advance(.seconds(30))
    lookUps.answer(.failure(CredentialsUnavailable("still down")))
    await #expect(throws: CredentialsUnavailable("still down")) { try await provider.credentials() }
    lookUps.answer(hour("NEW"))
    #expect(try await provider.credentials() == keys("NEW"))
  }

  @Test(
    "After a failure the next try comes 300 to 600 seconds later", arguments: [(0, 300), (0.5, 450), (0.999_999, 600)])
  func retryDelay(random: Double, seconds: Int64) async throws {
    let provider = provider(random: random)
    lookUps.answer(.success(found("OLD", until: clock.now.advanced(by: .seconds(4 * 3600)))))
    _ = try await provider.credentials()
    clock.advance(.seconds(3 * 3600))
    lookUps.answer(.failure(CredentialsUnavailable("down")))
    #expect(try await provider.credentials() == keys("OLD"))
    #expect(await eventually { events.all.count == 2 })
    guard case .refreshFailed(let failure, "OLD", _, let retryIn) = events.all[1] else {
      Issue.record("\(events.all)")
      return
    }
    #expect(failure.reason == "down")
    #expect((seconds - 1...seconds).contains(retryIn.components.seconds))
    clock.advance(.seconds(seconds - 1))
    #expect(try await provider.credentials() == keys("OLD"))
    #expect(lookUps.count == 2)
    clock.advance(.seconds(1))
    #expect(try await provider.credentials() == keys("OLD"))
    #expect(await eventually { lookUps.count == 3 })
  }

  @Test("Refusals by many callers force one refresh, and the next calls wait for it")
  func refused() async throws {
    let provider = provider()
    lookUps.answer(hour("OLD"))
    let old = try await provider.credentials()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { await provider.refused(old) } }
    }
    let call = Task { try await provider.credentials() }
    #expect(await eventually { lookUps.openCount == 1 })
    lookUps.answer(hour("NEW"))
    #expect(try await call.value == keys("NEW"))
    await provider.refused(old)
    #expect(try await provider.credentials() == keys("NEW"))
    #expect(lookUps.count == 2)
    #expect(events.all.filter { $0 == .refused(accessKeyID: "OLD") }.count == 1)
  }

  @Test(
    "Credentials that live for seconds are renewed before their end: none is given out with less than half a second")
  func rotation() async throws {
    let issued = Mutex<[String: Timestamp]>([:])
    let provider = RefreshingCredentials(
      wallClock: clock.wall, clock: clock.monotonic, sleep: { [sleeps] in await sleeps.sleep($0) }, random: { 0.5 },
      executor: globalConcurrentExecutor,
      log: { _ in }
    ) { [clock] () async throws(CredentialsUnavailable) in
      issued.withLock { issued in
        let until = clock.now.advanced(by: .seconds(4))
        let id = "KEY\(issued.count)"
        issued[id] = until
        return found(id, until: until)
      }
    }
    for _ in 0..<400 {
      let id = try await provider.credentials().accessKeyID
      let until = try #require(issued.withLock { $0[id] })
      #expect(until - clock.now >= .milliseconds(500))
      clock.advance(.milliseconds(250))
    }
    // Renewed when due, not at each call.
    #expect((25...60).contains(issued.withLock { $0.count }))
  }

  @Test("A reload is a look-up at the next call")
  func reload() async throws {
    let provider = provider()
    lookUps.answer(.success(found("OLD")))
    _ = try await provider.credentials()
    provider.reload()
    #expect(lookUps.count == 1)
    lookUps.answer(.success(found("NEW")))
    #expect(try await provider.credentials() == keys("NEW"))
  }

  @Test("The description says where they are from, and what failed since")
  func description() async throws {
    let provider = provider()
    lookUps.answer(.failure(CredentialsUnavailable("nothing there")))
    #expect(await provider.description() == .unavailable(CredentialsUnavailable("nothing there")))
    let until = clock.now.advanced(by: .seconds(3600))
    lookUps.answer(.success(found("KEY", until: until)))
    #expect(
      await provider.description()
        == .found(source: "a test", accessKeyID: "KEY", expiresAt: until, lastFailure: nil))
    provider.reload()
    lookUps.answer(.failure(CredentialsUnavailable("down")))
    #expect(
      await provider.description()
        == .found(
          source: "a test", accessKeyID: "KEY", expiresAt: until, lastFailure: CredentialsUnavailable("down")))
  }

  @Test("The same failure again and again is one event")
  func repeatedFailure() async {
    let provider = provider()
    for reason in ["down", "down", "down", "still down"] {
      lookUps.answer(.failure(CredentialsUnavailable(reason)))
      await #expect(throws: CredentialsUnavailable(reason)) { try await provider.credentials() }
    }
    #expect(await eventually { events.all.count == 2 })
    #expect(events.all.map { $0 == .unavailable(CredentialsUnavailable("down")) } == [true, false])
  }
}
