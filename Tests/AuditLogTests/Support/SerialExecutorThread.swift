import Threads

@testable import AuditLog

/// Runs tasks on one thread, their parts in the order they came: what is enqueued last runs when all before it wait.
final class SerialExecutorThread: TaskExecutor {
  private enum Work: Sendable {
    case job(UnownedJob)
    case stop
  }

  private let mailbox = Mailbox<Work>(limit: .max)

  init() throws {
    try WorkerThread { [self] in run() }.detach()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    _ = mailbox.post(.job(UnownedJob(job)))
  }

  /// Ends the thread once everything enqueued has run.
  func stop() {
    _ = mailbox.post(.stop)
  }

  private func run() {
    while true {
      for work in mailbox.takeAll(waitingAtMost: nil) {
        switch work {
        case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
        case .stop: return
        }
      }
    }
  }
}
