import GatewayCore
import HTTPTypes
import Synchronization

/// Remembers what it is told.
final class RecordingObserver: ExchangeObserver {
  struct Responded: Sendable {
    let route: String
    let status: Int
    let code: ProblemCode?
    let duration: Duration
  }

  private struct State {
    var responses: [Responded] = []
    var reports: [RejectionReport] = []
    var failures: [AuditUnavailable] = []
  }

  private let state = Mutex(State())

  func responded(
    to request: Request, route: String, response: Response, after duration: Duration
  ) {
    state.withLock {
      $0.responses.append(
        Responded(route: route, status: response.status.code, code: response.code, duration: duration))
    }
  }

  func upstreamAnswered(_ report: RejectionReport, to requestID: RequestID) {
    state.withLock { $0.reports.append(report) }
  }

  func auditFailed(_ error: AuditUnavailable) {
    state.withLock { $0.failures.append(error) }
  }

  var responses: [Responded] { state.withLock { $0.responses } }
  var reports: [RejectionReport] { state.withLock { $0.reports } }
  var failures: [AuditUnavailable] { state.withLock { $0.failures } }
}
