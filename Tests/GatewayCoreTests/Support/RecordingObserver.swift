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
    var rejects: [RejectionReport] = []
    var lookUps: [LookUpReport] = []
    var failures: [AuditUnavailable] = []
    var rateLimited: [RateLimits.Kind] = []
    var locked: [String] = []
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

  func rejectAnswered(_ report: RejectionReport, to requestID: RequestID) {
    state.withLock { $0.rejects.append(report) }
  }

  func lookUpAnswered(_ report: LookUpReport, to requestID: RequestID) {
    state.withLock { $0.lookUps.append(report) }
  }

  func rateLimited(_ kind: RateLimits.Kind) {
    state.withLock { $0.rateLimited.append(kind) }
  }

  func networkLocked(_ network: String) {
    state.withLock { $0.locked.append(network) }
  }

  func auditFailed(_ error: AuditUnavailable) {
    state.withLock { $0.failures.append(error) }
  }

  var responses: [Responded] { state.withLock { $0.responses } }
  var rejects: [RejectionReport] { state.withLock { $0.rejects } }
  var lookUps: [LookUpReport] { state.withLock { $0.lookUps } }
  var failures: [AuditUnavailable] { state.withLock { $0.failures } }
  var rateLimited: [RateLimits.Kind] { state.withLock { $0.rateLimited } }
  var locked: [String] { state.withLock { $0.locked } }
}
