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
    to request: Request, route: String, response: Response, after duration: Duration
  ) {
    metrics.countRequest(route: route, status: response.status.code, code: response.code, duration: duration)
    logger.debug(
      "responded",
      metadata: [
        "requestId": "\(request.id)", "route": "\(route)", "status": "\(response.status.code)",
        "code": "\(response.code?.rawValue ?? "")", "client": "\(request.client.address)",
      ])
  }

  package func rejectAnswered(_ report: RejectionReport, to requestID: RequestID) {
    answered(report, .reject, "AWS asked to reject", requestID)
  }

  package func lookUpAnswered(_ report: LookUpReport, to requestID: RequestID) {
    answered(report, .lookUp, "AWS asked to look up", requestID)
  }

  private func answered<Success>(
    _ report: UpstreamReport<Success>, _ operation: Attempt.Operation, _ message: Logger.Message,
    _ requestID: RequestID
  ) {
    metrics.countUpstream(operation: operation.rawValue, result: report.label)
    for attempt in report.attempts {
      metrics.countUpstreamRequest(operation: attempt.operation.rawValue, ending: attempt.ending.rawValue)
    }
    logger.log(
      level: report.needsAttention ? .warning : .debug, message,
      metadata: [
        "requestId": "\(requestID)", "result": "\(report.label)", "awsCode": "\(report.answer.code ?? "")",
        "awsRequestId": "\(report.answer.requestID ?? "")", "attempts": "\(report.answer.attempts)",
        "requests": "\(report.attempts.count)", "cause": "\(report.cause ?? "")",
      ])
  }

  package func rateLimited(_ kind: RateLimits.Kind) {
    metrics.countRateLimited(kind)
  }

  package func networkLocked(_ network: String) {
    logger.warning(
      "too many calls with tokens that are no good, so for now no token from there is looked at",
      metadata: ["network": "\(network)"])
  }

  package func auditFailed(_ error: AuditUnavailable) {
    metrics.countAuditFailure()
  }
}

extension UpstreamReport {
  /// For logs and metrics.
  fileprivate var label: String {
    switch verdict {
    case .accepted: "accepted"
    case .confirmed: "confirmed"
    case .refused: AWSErrorClass(code: answer.code).label
    case .settled(let settled): settled.label
    case .notUnderstood: "not_understood"
    case .unreachable: "unreachable"
    case .timedOut: "timed_out"
    case .noCredentials: "no_credentials"
    case .tooLate: "too_late"
    }
  }

  /// Whether whoever runs the gateway should know of it; what the caller can see to, he is told.
  fileprivate var needsAttention: Bool {
    switch verdict {
    case .accepted, .confirmed, .settled: false
    case .refused: !AWSErrorClass(code: answer.code).isTheCallersBusiness
    default: true
    }
  }
}

extension AWSErrorClass {
  fileprivate var label: String {
    switch self {
    case .notFound: "not_found"
    case .notRejectable: "not_rejectable"
    case .validation: "validation"
    case .throttled: "throttled"
    case .denied: "denied"
    case .other: "failed"
    }
  }

  /// Whether the caller can see to it; else whoever runs the gateway should know.
  fileprivate var isTheCallersBusiness: Bool {
    switch self {
    case .notFound, .notRejectable, .validation: true
    case .throttled, .denied, .other: false
    }
  }
}
