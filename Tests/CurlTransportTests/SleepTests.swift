import GatewayCore
import Glibc
import TestSupport
import Testing
import Threads

@testable import CurlTransport

@Suite("EventLoop, sleep", .timeLimit(.minutes(2)))
struct SleepTests {
  private static let hour = Duration.seconds(3600)

  /// A loop, which is stopped whatever `body` does.
  private func withLoop(_ body: (EventLoop) async throws -> Void) async throws {
    let loop = try EventLoop(CurlSettings())
    defer {
      loop.cancelTransfers()
      loop.stop()
    }
    try await body(loop)
  }

  @Test("Nobody wakes before the time, on the loop or off it")
  func notEarly() async throws {
    try await withLoop { loop in
      for milliseconds in [1, 7, 20] {
        let start = ContinuousClock.now
        await loop.sleep(.milliseconds(milliseconds))
        #expect(ContinuousClock.now - start >= .milliseconds(milliseconds))
        let elapsed = await Task(executorPreference: loop) {
          let start = ContinuousClock.now
          await loop.sleep(.milliseconds(milliseconds))
          return ContinuousClock.now - start
        }.value
        #expect(elapsed >= .milliseconds(milliseconds))
      }
    }
  }

  @Test("A timer wakes the loop, which by itself would sleep for a second, wherever it is set from")
  func wakesLoop() async throws {
    try await withLoop { loop in
      try await withLoop { other in
        for place in [loop, other] {
          let elapsed = await Task(executorPreference: place) {
            let start = ContinuousClock.now
            for _ in 0..<40 { await loop.sleep(.milliseconds(1)) }
            return ContinuousClock.now - start
          }.value
          #expect(elapsed < .seconds(20))
        }
      }
    }
  }

  @Test("A time that is over, or none, is no sleep")
  func noTime() async throws {
    try await withLoop { loop in
      for duration in [Duration.zero, .seconds(-1), .seconds(-3600), .nanoseconds(1)] {
        await loop.sleep(duration)
      }
    }
  }

  @Test("A sleep longer than the loop's own second lasts that long")
  func long() async throws {
    try await withLoop { loop in
      let start = ContinuousClock.now
      await loop.sleep(.milliseconds(1050))
      #expect(ContinuousClock.now - start >= .milliseconds(1050))
    }
  }

  @Test("Hundreds sleep at once, and each wakes at its own time")
  func many() async throws {
    try await withLoop { loop in
      await withTaskGroup { group in
        for number in 0..<400 {
          group.addTask {
            let duration = Duration.milliseconds((number * 7) % 50)
            let start = ContinuousClock.now
            await loop.sleep(duration)
            return ContinuousClock.now - start >= duration
          }
        }
        #expect(await group.reduce(true) { $0 && $1 })
      }
    }
  }

  @Test("While some sleep for long, others sleep for short, jobs run and transfers go through")
  func beside() async throws {
    try await Harness.run(
      script: { connection in
        while connection.readRequest() != nil { connection.answer("ok") }
      },
      body: { harness in
        let isAwake = Flag()
        let sleeper = Task(executorPreference: harness.loop) {
          await harness.loop.sleep(Self.hour)
          isAwake.raise()
        }
        await harness.loop.sleep(.milliseconds(5))
        #expect(await harness.send().text == "ok")
        let threads = await Task(executorPreference: harness.loop) {
          let before = UInt(pthread_self())
          await harness.loop.sleep(.milliseconds(1))
          return [before, UInt(pthread_self())]
        }.value
        // Whoever slept goes on on the loop.
        #expect(threads[0] == threads[1])
        #expect(!isAwake.isRaised)
        harness.loop.cancelTransfers()
        await sleeper.value
        #expect(isAwake.isRaised)
      })
  }

  @Test("Told to hurry, the loop wakes everyone who sleeps; nobody sleeps any more, and nothing is sent any more")
  func hurried() async throws {
    try await Harness.run(
      script: { $0.waitForClose() },
      body: { harness in
        let loop = harness.loop
        let asleep = (0..<20).map { _ in Task(executorPreference: loop) { await loop.sleep(Self.hour) } }
        // Runs after the twenty: they sleep then.
        await Task(executorPreference: loop) {}.value
        loop.cancelTransfers()
        for task in asleep { await task.value }
        await loop.sleep(Self.hour)
        #expect(await harness.send().isNotSent)
        #expect(harness.server.requests.isEmpty)
      })
  }

  @Test("Stop waits for nobody who only sleeps")
  func stop() async throws {
    let loop = try EventLoop(CurlSettings())
    let isAsleep = Flag()
    _ = Task(executorPreference: loop) {
      isAsleep.raise()
      await loop.sleep(Self.hour)
    }
    #expect(await eventually { isAsleep.isRaised })
    let start = ContinuousClock.now
    loop.stop()
    #expect(ContinuousClock.now - start < .seconds(60))
  }
}
