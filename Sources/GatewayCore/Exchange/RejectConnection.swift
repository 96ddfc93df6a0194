package import Clocks

/// `POST /connections/{id}/reject`, from the checked token to the answer.
package struct RejectConnection: Sendable {
  private let audit: AuditTrail
  private let upstream: any RejectionService
  private let clock: MonotonicClock
  private let timeout: Duration
  private let observer: any ExchangeObserver

  /// - Parameter timeout: how long a whole call may take, from the request's arrival to AWS's answer.
  package init(
    audit: AuditTrail, upstream: any RejectionService, clock: MonotonicClock, timeout: Duration,
    observer: any ExchangeObserver
  ) {
    self.audit = audit
    self.upstream = upstream
    self.clock = clock
    self.timeout = timeout
    self.observer = observer
  }

  /// The whole path of a call: intent on disk, AWS, translation, outcome on disk, answer.
  ///
  /// - Throws: `audit_unavailable`, when the intent can't be written; from there on every ending is a response.
  package func respond(to call: RejectCall) async throws(Problem) -> Response {
    let started = clock.now()
    let receipt: IntentReceipt
    do {
      receipt = try await audit.intent(call, started: started)
    } catch {
      throw Problem.auditUnavailable(error, observer: observer)
    }
    let report = await upstream.reject(call.connectionID, under: receipt, deadline: started + timeout)
    observer.upstreamAnswered(report, to: call.request.id)
    let answer = RejectionAnswer(report, requestID: call.request.id)
    do {
      try await audit.outcome(receipt, answer.auditResult)
    } catch {
      return Problem.auditUnavailable(error, outcome: answer.outcome, aws: answer.aws, observer: observer)
        .response(requestID: call.request.id)
    }
    return answer.response
  }
}
