package import GatewayCore
import HTTPTypes
package import Logging
import Synchronization

/// Counts what happens in exchanges, and logs what someone has to know of.
///
/// A call that went well is logged at `debug` alone: the audit has it already.
package final class LoggingObserver: ExchangeObserver {
  private let metrics: Metrics
  private let logger: Logger

  package init(metrics: Metrics, logger: Logger) {
    self.metrics = metrics
    self.logger = logger
  }

  package func responded(
    to request: Request, route: String, response: Response, code: ProblemCode?, after duration: Duration
  ) {
    metrics.countRequest(route: route, status: response.status.code, code: code, duration: duration)
    logger.debug(
      "responded",
      metadata: [
        "requestId": "\(request.id)", "route": "\(route)", "status": "\(response.status.code)",
        "code": "\(code?.rawValue ?? "")", "client": "\(request.client.address)",
      ])
  }

  package func rejectAnswered(_ report: RejectionReport, to requestID: RequestID) {
    answered(report, "AWS asked to reject", requestID)
  }

  package func lookUpAnswered(_ report: LookUpReport, to requestID: RequestID) {
    answered(report, "AWS asked to look up", requestID)
  }

  private func answered<Success>(
    _ report: UpstreamReport<Success>, _ message: Logger.Message, _ requestID: RequestID
  ) {
    for attempt in report.attempts {
      metrics.countUpstream(operation: attempt.operation.rawValue, ending: attempt.ending.rawValue)
    }
    logger.log(
      level: report.needsAttention ? .warning : .debug, message,
      metadata: [
        "requestId": "\(requestID)", "result": "\(report.verdict.label)", "awsCode": "\(report.answer.code ?? "")",
        "awsRequestId": "\(report.answer.requestID ?? "")", "attempts": "\(report.attempts.count)",
        "cause": "\(report.cause ?? "")",
      ])
  }

  package func auditFailed(_ error: AuditUnavailable) {
    metrics.countAuditFailure()
  }
}

extension UpstreamReport.Verdict {
  /// For the log.
  fileprivate var label: String {
    switch self {
    case .accepted: "accepted"
    case .confirmed: "confirmed"
    case .refused: "refused"
    case .settled: "settled"
    case .notUnderstood: "not_understood"
    case .unreachable: "unreachable"
    case .timedOut: "timed_out"
    case .noCredentials: "no_credentials"
    case .tooLate: "too_late"
    }
  }
}

extension UpstreamReport {
  /// Whether whoever runs the gateway should know of it; what the caller can see to, he is told.
  fileprivate var needsAttention: Bool {
    switch verdict {
    case .accepted, .confirmed, .settled: false
    case .refused:
      switch AWSErrorClass(code: answer.code) {
      case .notFound, .notRejectable, .validation: false
      case .throttled, .denied, .other: true
      }
    default: true
    }
  }
}
