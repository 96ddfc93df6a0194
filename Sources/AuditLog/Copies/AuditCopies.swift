import Clocks
package import Logging
import Synchronization
import Threads

/// The copies of the log that go elsewhere, line by line, each once it is on disk.
///
/// The file is what counts. A copy that blocks or fails holds up neither the file nor a caller; what it misses is counted.
package final class AuditCopies: Sendable {
  /// No copies.
  package static let none = AuditCopies(queues: [], logger: nil)

  /// How often the log says that a copy fails, at the most.
  private static let reportInterval = Duration.seconds(10)

  private struct Reporting {
    var next: [String: MonotonicClock.Instant] = [:]
    var failures: [String: String] = [:]
    var missed: [String: Int] = [:]
  }

  private let queues: [CopyQueue]
  private let logger: Logger?
  private let clock: MonotonicClock
  private let reporting = Mutex(Reporting())

  init(queues: [CopyQueue], logger: Logger?, clock: MonotonicClock = .system) {
    self.queues = queues
    self.logger = logger
    self.clock = clock
  }

  /// Starts a thread for each of them.
  ///
  /// - Throws: `ThreadError`.
  package convenience init(_ targets: [AuditCopyTarget], logger: Logger) throws {
    let queues = try targets.map { target in
      try CopyQueue(kind: target.kind) {
        switch target {
        case .standardOutput: StandardOutputSink()
        case .syslog(let path): SyslogSink(path: path)
        }
      }
    }
    self.init(queues: queues, logger: logger)
  }

  /// How many lines each copy doesn't have, by its kind.
  package var missed: [(kind: String, count: Int)] {
    queues.map { ($0.kind, $0.missedCount) }
  }

  /// Says in the log which copies fail, each at most every 10 seconds.
  package func report() {
    report(isLast: false)
  }

  /// Takes lines that are on disk; never waits.
  func offer(_ batch: @autoclosure () -> WrittenBatch) {
    guard !queues.isEmpty else { return }
    let batch = batch()
    for queue in queues { queue.offer(batch) }
  }

  /// Hands over what waits, as far as that goes without much delay.
  func close() {
    for queue in queues { queue.close() }
    report(isLast: true)
  }

  private func report(isLast: Bool) {
    let now = clock.now()
    for queue in queues {
      let (failure, missed) = reporting.withLock { reporting -> (String?, Int) in
        if let failure = queue.takeFailure() { reporting.failures[queue.kind] = failure }
        guard isLast || reporting.next[queue.kind].map({ $0 <= now }) ?? true,
          let failure = reporting.failures.removeValue(forKey: queue.kind)
        else { return (nil, 0) }
        let count = queue.missedCount
        defer { reporting.missed[queue.kind] = count }
        reporting.next[queue.kind] = now + Self.reportInterval
        return (failure, count - (reporting.missed[queue.kind] ?? 0))
      }
      guard let failure else { continue }
      logger?.warning(
        "audit copy fails", metadata: ["copy": "\(queue.kind)", "missed": "\(missed)", "reason": "\(failure)"])
    }
  }
}
