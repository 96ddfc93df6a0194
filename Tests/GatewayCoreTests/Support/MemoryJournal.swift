import Clocks
import GatewayCore
import Synchronization

/// Keeps records in memory, and fails at the stages it is told to.
final class MemoryJournal: AuditJournal {
  static let failure = AuditUnavailable("/var/log/audit.jsonl: No space left on device")

  private let failing: Set<AuditRecord.Stage>
  private let events: Events
  private let waited = Mutex<[MonotonicClock.Instant?]>([])
  private let kept = Mutex<[AuditRecord]>([])

  init(failing: Set<AuditRecord.Stage> = [], events: Events = Events()) {
    self.failing = failing
    self.events = events
  }

  func append(_ record: AuditRecord, by deadline: MonotonicClock.Instant?) async throws(AuditUnavailable) {
    await yieldToOthers()
    guard !failing.contains(record.stage) else {
      events.add("\(record.stage) failed")
      throw Self.failure
    }
    kept.withLock { $0.append(record) }
    waited.withLock { $0.append(deadline) }
    events.add("\(record.stage) on disk")
  }

  /// How long each record would have been waited for.
  var deadlines: [MonotonicClock.Instant?] {
    waited.withLock { $0 }
  }

  var records: [AuditRecord] {
    kept.withLock { $0 }
  }

  /// The records as a log of their own would have them.
  var text: String {
    let lines = records.enumerated().map { index, record in
      record.line(time: Sample.time, sequence: Int64(index + 1), previous: String(repeating: "0", count: 64))
    }
    return String(decoding: lines.joined(), as: UTF8.self)
  }
}
