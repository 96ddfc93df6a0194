package import Clocks
import HTTPTypes
import Synchronization

/// The public listener's side of the service: every request comes in here and leaves as a response.
package final class Gateway: Sendable {
  private let authenticator: Authenticator
  private let rejectConnection: RejectConnection
  private let audit: AuditTrail
  private let health: Health
  private let openAPIDocument: [UInt8]
  private let clock: MonotonicClock
  private let observer: any ExchangeObserver
  private let stopping = Atomic(false)

  package init(
    authenticator: Authenticator, rejectConnection: RejectConnection, audit: AuditTrail, health: Health,
    openAPIDocument: [UInt8], clock: MonotonicClock, observer: any ExchangeObserver
  ) {
    self.authenticator = authenticator
    self.rejectConnection = rejectConnection
    self.audit = audit
    self.health = health
    self.openAPIDocument = openAPIDocument
    self.clock = clock
    self.observer = observer
  }

  /// From now on no call is begun; those under way go on to their end.
  package func stop() {
    stopping.store(true, ordering: .relaxed)
  }

  /// Whether `stop` was called.
  package var isStopping: Bool {
    stopping.load(ordering: .relaxed)
  }

  /// The response to a request, audited where it has to be.
  package func respond(to request: Request) async -> Response {
    let started = clock.now()
    var trace = Trace()
    var response: Response
    do {
      response = try await dispatch(request, &trace)
    } catch {
      response = await audited(error, request, trace).response(requestID: request.id)
    }
    StandardFields.add(to: &response, for: request)
    if isStopping { response.closesConnection = true }
    observer.responded(
      to: request, route: trace.route?.name ?? "none", response: response, after: clock.now() - started)
    return response
  }

  /// What is known of a call so far, for the record of its refusal.
  private struct Trace {
    var route: Route?
    var connectionID: ConnectionID?
    var caller: Caller?
  }

  private func dispatch(_ request: Request, _ trace: inout Trace) async throws(Problem) -> Response {
    if let violation = request.violation { throw Problem(violation.code, violation.detail) }
    let route = try Router.route(request)
    trace.route = route
    switch route {
    case .livez: return health.live
    case .readyz: return await health.ready(isStopping: isStopping)
    case .openAPI: return Response(status: .ok, fields: [.contentType: "application/json"], body: openAPIDocument)
    case .reject(let id):
      trace.connectionID = ConnectionID(id)
      if isStopping {
        throw Problem(
          .overloaded, "The gateway is stopping, so nothing was sent. Try again.", fields: [.retryAfter: "1"])
      }
      let token = try authenticator.authenticate(request) { trace.caller = $0 }
      let caller = Caller(tokenID: token.id, name: token.name)
      try authenticator.authorize(token, for: .reject)
      return try await rejectConnection.respond(to: RejectCall(request, id: id, caller: caller))
    }
  }

  /// Writes the refusal down, if it is of a call that has to be; the problem that the caller is told.
  private func audited(_ problem: Problem, _ request: Request, _ trace: Trace) async -> Problem {
    guard Router.isAudited(request) else { return problem }
    do {
      try await audit.denied(
        request, by: problem, action: trace.route?.action, connectionID: trace.connectionID, caller: trace.caller)
      return problem
    } catch {
      return .auditUnavailable(error, observer: observer)
    }
  }
}
