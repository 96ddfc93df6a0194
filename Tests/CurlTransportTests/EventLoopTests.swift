import GatewayCore
import Glibc
import Synchronization
import TestSupport
import Testing
import Threads

@testable import CurlTransport

@Suite("EventLoop", .timeLimit(.minutes(2)))
struct EventLoopTests {
  private static func makeLoop() throws -> EventLoop {
    try EventLoop(CurlSettings())
  }

  @Test("Every part of a task that prefers the loop runs on the loop's one thread")
  func ownThread() async throws {
    let loop = try Self.makeLoop()
    defer { loop.stop() }
    let threads = await Task(executorPreference: loop) {
      var threads: Set<UInt> = []
      for _ in 0..<20 {
        threads.insert(UInt(pthread_self()))
        await Task.yield()
      }
      return threads
    }.value
    #expect(threads.count == 1)
    let others = await Task(executorPreference: loop) { UInt(pthread_self()) }.value
    #expect(threads == [others])
  }

  @Test("Jobs run in the order they were enqueued")
  func order() async throws {
    let loop = try Self.makeLoop()
    defer { loop.stop() }
    let seen = Numbers()
    let tasks = (0..<500).map { number in Task(executorPreference: loop) { seen.append(number) } }
    for task in tasks { await task.value }
    #expect(seen.all == Array(0..<500))
  }

  @Test("Jobs from many threads all run, once each")
  func manyThreads() async throws {
    let loop = try Self.makeLoop()
    defer { loop.stop() }
    let seen = Numbers()
    let threads = try (0..<4).map { thread in
      try WorkerThread {
        for number in 0..<500 {
          _ = Task(executorPreference: loop) { seen.append(thread * 500 + number) }
        }
      }
    }
    threads.forEach { $0.join() }
    #expect(await eventually { seen.all.count == 2000 })
    #expect(Set(seen.all).count == 2000)
  }

  @Test("A loop that sleeps is woken by a job, not by its own timer of a second")
  func wakes() async throws {
    let loop = try Self.makeLoop()
    defer { loop.stop() }
    let seen = Numbers()
    let start = ContinuousClock.now
    // From a thread of its own: waiting for a turn on the test's threads could take as long as that many seconds.
    let poster = try WorkerThread {
      for number in 0..<40 {
        _ = Task(executorPreference: loop) { seen.append(number) }
        while seen.all.count == number { usleep(100) }
      }
    }
    poster.join()
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test("Who sleeps is woken when the time has come, the shortest sleep first, and no earlier")
  func sleeps() async throws {
    let loop = try Self.makeLoop()
    defer { loop.stop() }
    let seen = Numbers()
    let passed = await Task(executorPreference: loop) {
      let start = ContinuousClock.now
      let tasks = [900, 300, 600, 0].map { milliseconds in
        Task(executorPreference: loop) {
          await loop.sleep(.milliseconds(milliseconds))
          seen.append(milliseconds)
        }
      }
      for task in tasks { await task.value }
      return ContinuousClock.now - start
    }.value
    #expect(seen.all == [0, 300, 600, 900])
    #expect(passed >= .milliseconds(900))
    #expect(passed < .seconds(20))
  }

  @Test("A loop that has to hurry wakes who sleeps, and ends what begins later as well")
  func hurry() async throws {
    let server = try RawServer { connection in
      if connection.readRequest() != nil { connection.answer("") }
    }
    defer { server.stop() }
    let settings = CurlSettings()
    let loop = try EventLoop(settings)
    defer { loop.stop() }
    let transport = CurlTransport(loop: loop, settings: settings)
    let sleeper = Task(executorPreference: loop) { await loop.sleep(.seconds(100)) }
    loop.cancelTransfers()
    await sleeper.value
    await loop.sleep(.seconds(100))
    await #expect(throws: TransportFailure.self) {
      try await transport.send(
        .init(method: "PUT", url: "http://127.0.0.1:\(server.port)/", fields: [], body: []),
        deadline: ContinuousClock.now + .seconds(100))
    }
    #expect(server.requests.isEmpty)
  }

  @Test("When stop returns, everything that was enqueued before has run")
  func stopRunsWhatWaits() throws {
    let loop = try Self.makeLoop()
    let seen = Numbers()
    for number in 0..<100 { _ = Task(executorPreference: loop) { seen.append(number) } }
    loop.stop()
    #expect(seen.all == Array(0..<100))
  }

  @Test("Stop waits for a transfer under way, and for the task that waits for its answer")
  func stopWaitsForTransfers() async throws {
    let mayAnswer = Flag()
    let server = try RawServer { connection in
      _ = connection.readRequest()
      while !mayAnswer.isRaised { usleep(1000) }
      connection.answer("late")
    }
    defer { server.stop() }
    let settings = CurlSettings()
    let loop = try EventLoop(settings)
    let transport = CurlTransport(loop: loop, settings: settings)
    let isDone = Flag()
    _ = Task(executorPreference: loop) {
      let response = try await transport.send(
        .init(method: "PUT", url: "http://127.0.0.1:\(server.port)/", fields: [], body: []),
        deadline: ContinuousClock.now + .seconds(100))
      if response.status == 200 { isDone.raise() }
    }
    #expect(await eventually { server.requests.count == 1 })
    let stopper = try WorkerThread { loop.stop() }
    mayAnswer.raise()
    stopper.join()
    #expect(isDone.isRaised)
  }

  @Test(
    "Stop lets tasks go on whose transfers end in its last turn, whether cancelled, refused or out of time",
    arguments: [false, true])
  func stopResumesTasks(isOverdue: Bool) async throws {
    let server = try RawServer { $0.waitForClose() }
    defer { server.stop() }
    let settings = CurlSettings()
    let loop = try EventLoop(settings)
    let transport = CurlTransport(loop: loop, settings: settings)
    let started = Flag()
    let failed = Flag()
    _ = Task(executorPreference: loop) {
      started.raise()
      do {
        _ = try await transport.send(
          .init(method: "PUT", url: "http://127.0.0.1:\(server.port)/", fields: [], body: []),
          deadline: ContinuousClock.now + .seconds(isOverdue ? -1 : 20))
      } catch {
        failed.raise()
      }
    }
    #expect(await eventually { started.isRaised })
    loop.cancelTransfers()
    loop.stop()
    #expect(failed.isRaised)
  }
}

/// Numbers as they come, from any thread.
private final class Numbers: Sendable {
  private let numbers = Mutex<[Int]>([])

  var all: [Int] {
    numbers.withLock { $0 }
  }

  func append(_ number: Int) {
    numbers.withLock { $0.append(number) }
  }
}
