import HTTPTypes

extension AuditRecord {
  /// What became of the call of an intent.
  package static func outcome(of intent: AuditRecord, _ result: AuditResult) -> AuditRecord {
    var record = AuditRecord(stage: .outcome)
    record.requestID = intent.requestID
    record.action = intent.action
    record.connectionID = intent.connectionID
    record.caller = intent.caller
    record.client = intent.client
    record.userAgent = intent.userAgent
    record.result = result
    return record
  }

  /// The outcome of this intent, which got on disk when its call had ended already: nothing was sent.
  ///
  /// - Parameter duration: how long its caller had waited.
  package func neverSent(after duration: Duration) -> AuditRecord {
    .outcome(
      of: self,
      AuditResult(
        httpStatus: ProblemCode.auditUnavailable.status.code, code: .auditUnavailable, outcome: .notSent,
        durationMilliseconds: duration.wholeMilliseconds))
  }
}
