package import Clocks
import HTTPTypes

/// The public listener's side of the service: every request comes in here and leaves as a response.
package final class Gateway: Sendable {
  private let authenticator: Authenticator
  private let rates: RateLimits
  private let rejectConnection: RejectConnection
  private let lookUpConnections: LookUpConnections
  private let audit: AuditTrail
  private let health: Health
  private let openAPIDocument: [UInt8]
  private let frontPage: FrontPage
  private let cors: CORSPolicy
  private let clock: MonotonicClock
  private let observer: any ExchangeObserver
  private let stopping: StopFlag

  package init(
    authenticator: Authenticator, rates: RateLimits, rejectConnection: RejectConnection,
    lookUpConnections: LookUpConnections, audit: AuditTrail, health: Health, openAPIDocument: [UInt8],
    frontPage: FrontPage, cors: CORSPolicy, clock: MonotonicClock, observer: any ExchangeObserver, stopping: StopFlag
  ) {
    self.authenticator = authenticator
    self.rates = rates
    self.rejectConnection = rejectConnection
    self.lookUpConnections = lookUpConnections
    self.audit = audit
    self.health = health
    self.openAPIDocument = openAPIDocument
    self.frontPage = frontPage
    self.cors = cors
    self.clock = clock
    self.observer = observer
    self.stopping = stopping
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
    cors.add(to: &response, for: request)
    if stopping.isSet { response.closesConnection = true }
    observer.responded(
      to: request, route: trace.route?.name ?? "none", response: response, after: clock.now() - started)
    return response
  }

  /// What is known of a call so far, for the record of its refusal.
  private struct Trace {
    var route: Route?
    var action: AuditAction?
    var connectionID: ConnectionID?
    var caller: Caller?
  }

  private func dispatch(_ request: Request, _ trace: inout Trace) async throws(Problem) -> Response {
    if let violation = request.violation { throw Problem(violation.code, violation.detail) }
    let route = try Router.route(request, cors: cors)
    trace.route = route
    trace.action = route.action
    switch route {
    case .livez: return health.live
    case .readyz: return await health.ready(isStopping: stopping.isSet, for: .outsiders)
    case .openAPI: return Response(status: .ok, fields: [.contentType: "application/json"], body: openAPIDocument)
    case .page: return frontPage.response(await health.readiness(isStopping: stopping.isSet))
    case .preflight(let methods): return cors.preflightResponse(methods: methods)
    case .reject(let id):
      let caller = try authorized(request, for: .reject, connectionID: ConnectionID(id), &trace).caller
      let call = try RejectCall(request, id: id, caller: caller)
      trace.action = call.action
      switch call.mode {
      case .send(let wait): return try await rejectConnection.respond(to: call, wait: wait)
      case .dryRun: return try await lookUpConnections.respond(toDryRun: call)
      }
    case .connection(let id):
      let caller = try authorized(request, for: .read, connectionID: ConnectionID(id), &trace).caller
      return try await lookUpConnections.respond(to: GetCall(request, id: id, caller: caller))
    case .connections:
      let token = try authorized(request, for: .read, connectionID: nil, &trace)
      let call = try ListCall(request, caller: token.caller, restrictions: token.restrictions)
      return try await lookUpConnections.respond(to: call)
    }
  }

  /// The token of a call, if it may be made with it.
  ///
  /// - Throws: `overloaded` where the stop leaves it no time, `unauthenticated`, `rate_limited`, `insufficient_scope`.
  private func authorized(
    _ request: Request, for scope: Scope, connectionID: ConnectionID?, _ trace: inout Trace
  ) throws(Problem) -> TokenEntry {
    trace.connectionID = connectionID
    guard stopping.admitsCalls(at: clock.now()) else {
      throw Problem(
        .overloaded, "The gateway is stopping, so nothing was sent. Try again.", fields: [.retryAfter: "1"])
    }
    let token = try rates.authenticating(request) { () throws(Problem) in
      try authenticator.authenticate(request) { trace.caller = $0 }
    }
    // First the networks: whoever has the token and isn't where it may be used can't use up its rate.
    try authenticator.authorize(token, from: request.client)
    try rates.admit(token, rate: token.rate.limit(standard: rates.tokenRate))
    try authenticator.authorize(token, for: scope)
    try authenticator.authorize(token, on: connectionID)
    return token
  }

  /// Writes the refusal down, if it is of a call that has to be; the problem that the caller is told.
  private func audited(_ problem: Problem, _ request: Request, _ trace: Trace) async -> Problem {
    guard Router.isAudited(request) else { return problem }
    do {
      try await audit.denied(
        request, by: problem, action: trace.action, connectionID: trace.connectionID, caller: trace.caller)
      return problem
    } catch {
      return .auditUnavailable(error, observer: observer)
    }
  }
}
