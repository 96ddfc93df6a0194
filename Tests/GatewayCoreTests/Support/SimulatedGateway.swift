import Clocks
import GatewayCore
import HTTPTypes
import Testing

/// A gateway whose audit, AWS and time are simulated.
struct SimulatedGateway: Sendable {
  /// What there is to choose.
  struct Options: Sendable {
    var seed: UInt64 = 1
    var limit = 256
    var timeout = Duration.seconds(15)
    var scopes: [Scope] = [.reject, .read]
    var restrictions = TokenRestrictions.none
    var auditPause: @Sendable (Simulation, AuditRecord) -> Duration = { _, _ in .zero }
    var isFailing: @Sendable (AuditRecord) -> Bool = { _ in false }
    var rejecting: SimulatedAWS.Rejecting?
    var lookingUp: SimulatedAWS.LookingUp?
  }

  let simulation: Simulation
  let journal: SimulatedJournal
  let aws: SimulatedAWS
  let inFlight: InFlight
  let observer = RecordingObserver()
  let stopping = StopFlag()
  let gateway: Gateway

  init(_ change: (inout Options) -> Void = { _ in }) {
    var options = Options()
    change(&options)
    let simulation = Simulation(seed: options.seed)
    self.simulation = simulation
    let clock = simulation.clock
    journal = SimulatedJournal(simulation, pause: options.auditPause, isFailing: options.isFailing)
    aws = SimulatedAWS(
      simulation, journal: journal, rejecting: options.rejecting ?? { _, id, _ in .accepted(id) },
      lookingUp: options.lookingUp ?? { _, query, _ in
        .page([Sample.connection(query.id, status: "PENDING_ACCEPTANCE")])
      })
    let inFlight = InFlight(limit: options.limit)
    self.inFlight = inFlight
    let trail = AuditTrail(journal: journal, clock: clock)
    let exchange = AuditedExchange(audit: trail, clock: clock, timeout: options.timeout, observer: observer)
    let stopping = stopping
    let waiter = RejectionWaiter(
      lookUps: aws, inFlight: inFlight, clock: clock, sleep: { await simulation.sleep($0) },
      isStopping: { stopping.isSet })
    let entry = Sample.entry(scopes: options.scopes, restrictions: options.restrictions)
    let table = TokenTable(TokensDocument(tokens: [entry]))
    gateway = Gateway(
      authenticator: Authenticator(table: table, clock: .fixed(Sample.time)),
      rates: RateLimits(tokenRate: nil, failureRate: nil, clock: clock, observer: observer),
      rejectConnection: RejectConnection(exchange: exchange, upstream: aws, inFlight: inFlight, waiter: waiter),
      lookUpConnections: LookUpConnections(exchange: exchange, lookUps: aws, inFlight: inFlight), audit: trail,
      health: Health(checks: []), openAPIDocument: [], frontPage: Sample.frontPage, cors: CORSPolicy([]), clock: clock,
      observer: observer, stopping: stopping)
  }

  /// Begins a call; its response is there once the simulation has run.
  @discardableResult
  func begin(
    _ target: String, method: String? = nil, id: String = Sample.requestID, from address: String? = nil,
    after delay: Duration = .zero
  ) throws -> Pending<Response> {
    let request = Request(
      id: try Sample.requestID(id), method: method ?? (target.contains("/reject") ? "POST" : "GET"),
      target: RequestTarget(target), fields: [.authorization: "Bearer \(Sample.token.exposed)"], body: .complete([]),
      client: address.map { Client(address: $0, peer: "127.0.0.1") } ?? Sample.client)
    return simulation.begin { [simulation, gateway] in
      if delay > .zero { await simulation.sleep(delay) }
      return await gateway.respond(to: request)
    }
  }

  /// Makes a call and runs until it has ended.
  func respond(
    _ target: String, method: String? = nil, id: String = Sample.requestID, from address: String? = nil
  ) throws -> Response {
    let pending = try begin(target, method: method, id: id, from: address)
    simulation.run()
    return try #require(pending.value, "the call never ended")
  }
}
