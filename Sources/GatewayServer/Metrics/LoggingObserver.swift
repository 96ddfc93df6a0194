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

  package func upstreamAnswered(_ report: RejectionReport, to requestID: RequestID) {
    metrics.countUpstream(result: report.label)
    let level: Logger.Level =
      switch report.verdict {
      case .accepted: .debug
      case .refused: AWSErrorClass(code: report.answer.code).isTheCallersBusiness ? .debug : .warning
      default: .warning
      }
    logger.log(
      level: level, "AWS asked",
      metadata: [
        "requestId": "\(requestID)", "result": "\(report.label)", "awsCode": "\(report.answer.code ?? "")",
        "awsRequestId": "\(report.answer.requestID ?? "")", "cause": "\(report.cause ?? "")",
      ])
  }

  package func auditFailed(_ error: AuditUnavailable) {
    metrics.countAuditFailure()
  }
}

extension RejectionReport {
  /// For logs and metrics.
  fileprivate var label: String {
    switch verdict {
    case .accepted: "accepted"
    case .refused: AWSErrorClass(code: answer.code).label
    case .notUnderstood: "not_understood"
    case .unreachable: "unreachable"
    case .timedOut: "timed_out"
    case .noCredentials: "no_credentials"
    case .tooLate: "too_late"
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
