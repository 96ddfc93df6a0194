import Clocks
import GatewayCore
import Synchronization

/// Keeps records in memory, each after a moment, and fails with those it is told to.
final class SimulatedJournal: AuditJournal {
  private let simulation: Simulation
  private let pause: @Sendable (Simulation, AuditRecord) -> Duration
  private let isFailing: @Sendable (AuditRecord) -> Bool
  private let kept = Mutex<[AuditRecord]>([])

  init(
    _ simulation: Simulation, pause: @escaping @Sendable (Simulation, AuditRecord) -> Duration,
    isFailing: @escaping @Sendable (AuditRecord) -> Bool
  ) {
    self.simulation = simulation
    self.pause = pause
    self.isFailing = isFailing
  }

  func append(_ record: AuditRecord, by deadline: MonotonicClock.Instant?) async throws(AuditUnavailable) {
    await simulation.sleep(pause(simulation, record))
    if isFailing(record) { throw MemoryJournal.failure }
    kept.withLock { $0.append(record) }
  }

  var records: [AuditRecord] {
    kept.withLock { $0 }
  }

  /// The records of one stage.
  func records(_ stage: AuditRecord.Stage) -> [AuditRecord] {
    records.filter { $0.stage == stage }
  }

  /// The records of one request.
  func records(of requestID: String) -> [AuditRecord] {
    records.filter { $0.requestID?.description == requestID }
  }

  /// Intents without their outcome.
  var open: [AuditRecord] {
    var open: [AuditRecord] = []
    for record in records {
      if record.stage == .intent { open.append(record) }
      if record.stage == .outcome, let index = open.firstIndex(where: { $0.requestID == record.requestID }) {
        open.remove(at: index)
      }
    }
    return open
  }
}
