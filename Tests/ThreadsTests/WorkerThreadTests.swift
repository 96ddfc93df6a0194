import Glibc
import Synchronization
import Testing
import Threads

@Suite("WorkerThread")
struct WorkerThreadTests {
  @Test("When join returns, the body has run to its end")
  func joinWaits() throws {
    let count = Atomic(0)
    let thread = try WorkerThread {
      for _ in 0..<100_000 { count.add(1, ordering: .relaxed) }
    }
    thread.join()
    #expect(count.load(ordering: .relaxed) == 100_000)
  }

  @Test("The body runs on a thread of its own")
  func ownThread() throws {
    let identifier = Mutex<pthread_t?>(nil)
    let thread = try WorkerThread { identifier.withLock { $0 = pthread_self() } }
    thread.join()
    let other = try #require(identifier.withLock { $0 })
    #expect(pthread_equal(other, pthread_self()) == 0)
  }

  @Test("Two threads run at the same time: each waits for the other")
  func runSideBySide() throws {
    let first = Atomic(false)
    let second = Atomic(false)
    // Were the second only started when the first has ended, the first would never end.
    let one = try WorkerThread {
      first.store(true, ordering: .releasing)
      while !second.load(ordering: .acquiring) { sched_yield() }
    }
    let two = try WorkerThread {
      second.store(true, ordering: .releasing)
      while !first.load(ordering: .acquiring) { sched_yield() }
    }
    one.join()
    two.join()
    #expect(first.load(ordering: .relaxed) && second.load(ordering: .relaxed))
  }

  @Test("What the body holds is let go of once it has run")
  func bodyIsReleased() throws {
    final class Held: Sendable {}
    var held: Held? = Held()
    weak let reference = held
    let thread = try WorkerThread { [held] in _ = held }
    thread.join()
    held = nil
    #expect(reference == nil)
  }
}
