package import Clocks
import HTTPTypes

/// Proof that a call's intent is on disk. Nothing can be sent to AWS without one.
///
/// Only `AuditTrail.intent` makes it (the initialiser can't be reached from anywhere else), it can't be copied, and
/// writing the outcome consumes it: to forget the audit, or to write two outcomes, doesn't compile.
package struct IntentReceipt: ~Copyable, Sendable {
  fileprivate let intent: Intent

  fileprivate init(_ intent: Intent) {
    self.intent = intent
  }
}

/// What was written. By reference, since a receipt goes through every function between intent and outcome.
private final class Intent: Sendable {
  let record: AuditRecord
  let started: MonotonicClock.Instant

  init(record: AuditRecord, started: MonotonicClock.Instant) {
    self.record = record
    self.started = started
  }
}

/// Proof that some call's intent is on disk: enough to look, not to change anything. Good beyond the receipt's end, since a
/// caller may wait for what he asked for.
package struct LookUpPermit: Sendable {
  fileprivate init() {}
}

extension IntentReceipt {
  /// The right to look connections up for this call.
  package var lookUpPermit: LookUpPermit { LookUpPermit() }
}

/// Writes the audit's records in the order the promise asks for: intent before the call, outcome before the answer.
package struct AuditTrail: Sendable {
  /// What a free text that a caller sends is cut to, in characters.
  private static let textLimit = 512
  /// An outcome is waited for at least so long, though its call's time be over: what it tells has happened.
  private static let outcomePatience = Duration.seconds(1)

  private let journal: any AuditJournal
  private let clock: MonotonicClock
  private let timeout: Duration?

  /// - Parameter timeout: how long a whole call may take, and so how long it waits for the disk; `nil` for as long as that
  ///   takes.
  package init(journal: any AuditJournal, clock: MonotonicClock, timeout: Duration? = nil) {
    self.journal = journal
    self.clock = clock
    self.timeout = timeout
  }

  /// Puts the call's intent on disk.
  ///
  /// - Parameter started: when the request came in, from which the outcome's duration counts.
  /// - Throws: `AuditUnavailable`; then nothing may be sent.
  package func intent(_ call: some AuditedCall, started: MonotonicClock.Instant) async throws(AuditUnavailable)
    -> IntentReceipt
  {
    var record = Self.record(.intent, of: call.request)
    record.action = call.action
    record.connectionID = call.connectionID
    record.caller = call.caller
    record.reason = call.reason.map(Redaction.redact)
    try await journal.append(record, by: timeout.map { started + $0 })
    return IntentReceipt(Intent(record: record, started: started))
  }

  /// Puts what became of the call on disk.
  ///
  /// - Throws: `AuditUnavailable`; then the caller is told so instead.
  package func outcome(_ receipt: consuming IntentReceipt, _ result: AuditResult) async throws(AuditUnavailable) {
    let intent = receipt.intent
    var result = result
    result.durationMilliseconds = (clock.now() - intent.started).wholeMilliseconds
    let record = AuditRecord.outcome(of: intent.record, result)
    try await journal.append(record, by: timeout.map { max(intent.started + $0, clock.now() + Self.outcomePatience) })
  }

  /// Puts a refusal on disk. Until then the caller has no answer.
  ///
  /// - Parameter action: what the call asked for, if that is known.
  package func denied(
    _ request: Request, by problem: Problem, action: AuditAction?, connectionID: ConnectionID?, caller: Caller?
  ) async throws(AuditUnavailable) {
    var record = Self.record(.denied, of: request)
    record.action = action
    record.connectionID = connectionID
    record.path = connectionID == nil ? Redaction.redact(path: request.target.path, limit: Self.textLimit) : nil
    record.caller = caller
    record.result = AuditResult(
      httpStatus: problem.code.status.code, code: problem.code, outcome: problem.outcome)
    try await journal.append(record, by: timeout.map { clock.now() + $0 })
  }

  private static func record(_ stage: AuditRecord.Stage, of request: Request) -> AuditRecord {
    var record = AuditRecord(stage: stage)
    record.requestID = request.id
    record.client = request.client
    record.userAgent = request.fields[.userAgent].map { Redaction.redact($0, limit: textLimit) }
    return record
  }
}

extension Duration {
  /// Rounded down.
  package var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
