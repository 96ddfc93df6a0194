package import Clocks

/// What every call to AWS has in common: its intent is on disk before it, its outcome before the answer.
package struct AuditedExchange: Sendable {
  let audit: AuditTrail
  let clock: MonotonicClock
  /// How long a whole call may take.
  let timeout: Duration
  let observer: any ExchangeObserver

  package init(audit: AuditTrail, clock: MonotonicClock, timeout: Duration, observer: any ExchangeObserver) {
    self.audit = audit
    self.clock = clock
    self.timeout = timeout
    self.observer = observer
  }

  /// Writes the intent.
  ///
  /// - Throws: `audit_unavailable`; then nothing may be sent.
  func begin(_ call: some AuditedCall, started: MonotonicClock.Instant) async throws(Problem) -> IntentReceipt {
    do {
      return try await audit.intent(call, started: started)
    } catch {
      throw Problem.auditUnavailable(error, observer: observer)
    }
  }

  /// Writes the outcome; the response that the caller gets.
  func end(_ receipt: consuming IntentReceipt, _ answer: ExchangeAnswer, requestID: RequestID) async -> Response {
    do {
      try await audit.outcome(receipt, answer.auditResult)
      return answer.response
    } catch {
      return Problem.auditUnavailable(error, outcome: answer.outcome, aws: answer.aws, observer: observer)
        .response(requestID: requestID)
    }
  }
}
