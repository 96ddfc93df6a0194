import Dispatch
import Synchronization
import Threads

/// Runs handlers on a thread of its own, so that tests which block Swift's own threads can't hold them up.
final class ThreadExecutor: TaskExecutor {
  /// One for all tests; it lives as long as the process.
  static let shared = ThreadExecutor()

  private let jobs = Mutex<[UnownedJob]>([])
  private let arrived = DispatchSemaphore(value: 0)

  private init() {
    _ = try? WorkerThread { [self] in
      while true {
        arrived.wait()
        let job = jobs.withLock { $0.removeFirst() }
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    arrived.signal()
  }
}
