import Clocks
import GatewayCore
import HTTPTypes
import Testing

@Suite("Gateway")
struct GatewayTests {
  private struct Fixture {
    static let document = Array("{\"openapi\":\"3.1.0\"}".utf8)

    let time = ManualClock()
    let observer = RecordingObserver()
    let stopping = StopFlag()
    let journal: MemoryJournal
    let service: FakeService
    let lookUps = FakeLookUps([Sample.page([Sample.connection])])
    let gateway: Gateway

    init(
      failing: Set<AuditRecord.Stage> = [], scopes: [Scope] = [.reject], isReady: Bool = true, tokenRate: Rate? = nil,
      failureRate: Rate? = nil, cors: CORSPolicy = CORSPolicy([])
    ) {
      journal = MemoryJournal(failing: failing)
      service = FakeService(
        Sample.report(.accepted(Sample.connection), AWSAnswer(requestID: "r-1", httpStatus: 200, attempts: 1))
      ) { [time] in time.advance(by: .milliseconds(5)) }
      let audit = AuditTrail(journal: journal, clock: time.clock)
      let exchange = AuditedExchange(audit: audit, clock: time.clock, timeout: .seconds(15), observer: observer)
      let inFlight = InFlight(limit: 10)
      let waiter = RejectionWaiter(
        lookUps: lookUps, inFlight: inFlight, clock: time.clock, sleep: { [time] in time.advance(by: $0) },
        isStopping: { [stopping] in stopping.isSet })
      let table = TokenTable(TokensDocument(tokens: [Sample.entry(scopes: scopes)]))
      gateway = Gateway(
        authenticator: Authenticator(table: table, clock: .fixed(Sample.time)),
        rates: RateLimits(tokenRate: tokenRate, failureRate: failureRate, clock: time.clock, observer: observer),
        rejectConnection: RejectConnection(
          exchange: exchange, upstream: service, inFlight: inFlight, waiter: waiter),
        lookUpConnections: LookUpConnections(exchange: exchange, lookUps: lookUps, inFlight: inFlight),
        audit: audit,
        health: Health(checks: [Health.Check(name: "audit") { isReady ? .ok : .failing("/var/log is full") }]),
        openAPIDocument: Self.document, frontPage: Sample.frontPage, cors: cors,
        clock: time.clock, observer: observer, stopping: stopping)
    }
  }

  /// A way to be refused, and what comes of it.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let code: ProblemCode
    var method = "POST"
    var target = Sample.rejectTarget
    var authorization: String? = "Bearer \(Sample.token.exposed)"
    var fields: HTTPFields = [:]
    var body = Request.Body.complete([])
    var violation: FramingViolation?
    var scopes: [Scope] = [.reject]
    /// What the record names as the action.
    var action: AuditAction? = .reject
    /// Whether it names the caller, and the connection's id rather than the path.
    var namesCaller = true
    var namesConnection = true

    var testDescription: String { "\(code) \(method) \(target)" }

    func request() throws -> Request {
      var fields = fields
      fields[.authorization] = authorization
      return try Sample.request(method: method, target: target, fields: fields, body: body, violation: violation)
    }
  }

  static let json: HTTPFields = [.contentType: "application/json"]
  static let refusals = [
    Refusal(
      code: .invalidRequest, violation: FramingViolation("Two lengths."), action: nil, namesCaller: false,
      namesConnection: false),
    Refusal(
      code: .headersTooLarge, violation: FramingViolation("Large.", code: .headersTooLarge), action: nil,
      namesCaller: false,
      namesConnection: false),
    Refusal(
      code: .notImplemented, violation: FramingViolation("Chunks.", code: .notImplemented), action: nil,
      namesCaller: false,
      namesConnection: false),
    Refusal(
      code: .routeNotFound, target: "/connections/c-1234567890/reject/", action: nil, namesCaller: false,
      namesConnection: false),
    Refusal(
      code: .methodNotAllowed, target: "/connections", action: nil, namesCaller: false, namesConnection: false),
    Refusal(
      code: .routeNotFound, target: "/connections/c-1234567890/accept", action: nil, namesCaller: false,
      namesConnection: false),
    Refusal(code: .methodNotAllowed, method: "GET", action: nil, namesCaller: false, namesConnection: false),
    Refusal(code: .unauthenticated, authorization: nil, namesCaller: false),
    Refusal(code: .unauthenticated, authorization: "Bearer \(Sample.otherToken.exposed)", namesCaller: false),
    Refusal(
      code: .unauthenticated, target: "/connections/NO/reject", authorization: nil, namesCaller: false,
      namesConnection: false),
    Refusal(code: .insufficientScope, scopes: [.read]),
    Refusal(code: .invalidRequest, target: "/connections/NO/reject", namesConnection: false),
    Refusal(code: .invalidRequest, target: Sample.rejectTarget + "?dryRun=perhaps"),
    Refusal(code: .invalidRequest, target: Sample.rejectTarget + "?wait=61s"),
    Refusal(
      code: .unauthenticated, method: "GET", target: "/connections", authorization: nil, action: .list,
      namesCaller: false, namesConnection: false),
    Refusal(
      code: .insufficientScope, method: "GET", target: "/connections", action: .list, namesConnection: false),
    Refusal(code: .insufficientScope, method: "GET", target: "/connections/\(Sample.connectionID)", action: .get),
    Refusal(
      code: .invalidRequest, method: "GET", target: "/connections?limit=0", scopes: [.read], action: .list,
      namesConnection: false),
    Refusal(
      code: .invalidRequest, method: "HEAD", target: "/connections/NO", scopes: [.read], action: .get,
      namesConnection: false),
    Refusal(code: .unsupportedMediaType, body: .complete(Array("{}".utf8))),
    Refusal(code: .bodyTooLarge, fields: json, body: .tooLarge),
    Refusal(code: .invalidRequest, fields: json, body: .complete(Array("{\"x\":1}".utf8))),
  ]

  @Test("A call that is refused is written down once, and nothing is sent", arguments: refusals)
  func refused(_ refusal: Refusal) async throws {
    let fixture = Fixture(scopes: refusal.scopes)
    let response = await fixture.gateway.respond(to: try refusal.request())
    #expect(response.status == refusal.code.status)
    #expect(try response.members()["code"] == .string(refusal.code.rawValue))
    #expect(try response.members()["outcome"] == .string("not_sent"))
    #expect(fixture.service.calls.isEmpty && fixture.lookUps.calls.isEmpty)
    try #require(fixture.journal.records.count == 1)
    let record = fixture.journal.records[0]
    #expect(record.stage == .denied)
    #expect(record.result == AuditResult(httpStatus: response.status.code, code: refusal.code, outcome: .notSent))
    #expect(record.action == refusal.action)
    #expect((record.caller?.name == "runbook-eu") == refusal.namesCaller)
    #expect(record.connectionID?.description == (refusal.namesConnection ? Sample.connectionID : nil))
    #expect(record.path == (refusal.namesConnection ? nil : RequestTarget(refusal.target).path))
    #expect(!fixture.journal.text.contains("cgw_"))
  }

  @Test("Where a refusal can't be written down, the caller gets a 503 in its stead", arguments: refusals)
  func refusedWithoutAudit(_ refusal: Refusal) async throws {
    let fixture = Fixture(failing: [.denied], scopes: refusal.scopes)
    let response = await fixture.gateway.respond(to: try refusal.request())
    #expect(response.status == .serviceUnavailable)
    #expect(try response.members()["code"] == .string("audit_unavailable"))
    #expect(try response.members()["outcome"] == .string("not_sent"))
    #expect(fixture.observer.failures == [MemoryJournal.failure])
    #expect(fixture.service.calls.isEmpty && fixture.lookUps.calls.isEmpty)
  }

  @Test("A call that is let through leaves an intent and an outcome, and no refusal")
  func letThrough() async throws {
    let fixture = Fixture()
    let response = await fixture.gateway.respond(to: try Self.allowed())
    #expect(response.status == .ok)
    #expect(fixture.journal.records.map(\.stage) == [.intent, .outcome])
    #expect(
      fixture.journal.records.allSatisfy { $0.caller == Caller(tokenID: Sample.token.hash.tokenID, name: "runbook-eu") }
    )
    #expect(!fixture.journal.text.contains("cgw_"))
  }

  @Test(
    "Each way to look is led where it should, and leaves an intent and an outcome that name it",
    arguments: [
      ("GET", "/connections", AuditAction.list, "connections"),
      ("HEAD", "/connections", .list, "connections"),
      ("GET", "/connections?status=ACTIVE&limit=1", .list, "connections"),
      ("GET", "/connections/\(Sample.connectionID)", .get, "connection"),
      ("POST", "\(Sample.rejectTarget)?dryRun=true", .rejectDryRun, "reject"),
    ])
  func looked(method: String, target: String, action: AuditAction, route: String) async throws {
    let fixture = Fixture(scopes: [.read, .reject])
    let response = await fixture.gateway.respond(to: try Self.allowed(method: method, target: target))
    #expect(response.status == .ok)
    #expect(fixture.service.calls.isEmpty)
    #expect(fixture.lookUps.calls.count == 1)
    #expect(fixture.journal.records.map(\.stage) == [.intent, .outcome])
    #expect(fixture.journal.records.allSatisfy { $0.action == action })
    #expect(fixture.journal.records.last?.result?.outcome == .notRejected)
    #expect(fixture.observer.responses.map(\.route) == [route])
  }

  @Test(
    "A token's calls count together, whatever they ask for and however they end; those beyond its rate send nothing")
  func tokenRate() async throws {
    let fixture = Fixture(scopes: [.reject], tokenRate: Rate(perSecond: 1, burst: 3))
    let list = try Self.allowed(method: "GET", target: "/connections")
    #expect(await fixture.gateway.respond(to: list).status == .forbidden)
    let malformed = try Self.allowed(target: Sample.rejectTarget + "?wait=x")
    #expect(await fixture.gateway.respond(to: malformed).status == .badRequest)
    #expect(await fixture.gateway.respond(to: try Self.allowed()).status == .ok)
    for request in [list, try Self.allowed()] {
      let response = await fixture.gateway.respond(to: request)
      #expect(response.status == .tooManyRequests)
      #expect(response.fields[.retryAfter] == "1")
      #expect(try response.members()["code"] == .string("rate_limited"))
      #expect(try response.members()["outcome"] == .string("not_sent"))
    }
    #expect(fixture.service.calls.count == 1 && fixture.lookUps.calls.isEmpty)
    let record = try #require(fixture.journal.records.last)
    #expect(record.stage == .denied)
    #expect(record.result == AuditResult(httpStatus: 429, code: .rateLimited, outcome: .notSent))
    #expect(record.caller?.name == "runbook-eu")
    #expect(record.connectionID?.description == Sample.connectionID)
    fixture.time.advance(by: .seconds(1))
    #expect(await fixture.gateway.respond(to: try Self.allowed()).status == .ok)
  }

  @Test(
    "Where too many calls have failed to authenticate, even a good token isn't looked at, and the record names nobody")
  func failureRate() async throws {
    let fixture = Fixture(failureRate: Rate(perSecond: 1, burst: 3))
    let bad = try Refusal(code: .unauthenticated, authorization: "Bearer \(Sample.otherToken.exposed)").request()
    for _ in 0..<3 { #expect(await fixture.gateway.respond(to: bad).status == .unauthorized) }
    let response = await fixture.gateway.respond(to: try Self.allowed())
    #expect(response.status == .tooManyRequests)
    #expect(response.fields[.retryAfter] == "1")
    #expect(response.fields[.wwwAuthenticate] == nil)
    #expect(fixture.service.calls.isEmpty)
    let record = try #require(fixture.journal.records.last)
    #expect(record.result == AuditResult(httpStatus: 429, code: .rateLimited, outcome: .notSent))
    #expect(record.caller == nil)
    #expect(record.connectionID?.description == Sample.connectionID)
    // What needs no token is answered all the same.
    #expect(await fixture.gateway.respond(to: try Self.allowed(method: "GET", target: "/livez")).status == .ok)
    fixture.time.advance(by: .seconds(1))
    #expect(await fixture.gateway.respond(to: try Self.allowed()).status == .ok)
    #expect(fixture.observer.locked == [Sample.client.address])
  }

  @Test("Where the intent can't be written, the call is a 503 and nothing is sent")
  func intentFails() async throws {
    for failing in [[AuditRecord.Stage.intent], [.intent, .denied]] {
      let fixture = Fixture(failing: Set(failing))
      let response = await fixture.gateway.respond(to: try Self.allowed())
      #expect(response.status == .serviceUnavailable)
      #expect(try response.members()["code"] == .string("audit_unavailable"))
      #expect(fixture.service.calls.isEmpty)
    }
  }

  @Test(
    "What isn't under /connections is answered without a record, even if the audit is down",
    arguments: [
      ("GET", "/livez", 200), ("HEAD", "/livez", 200), ("GET", "/readyz", 200), ("GET", "/openapi.json", 200),
      ("GET", "/", 200), ("HEAD", "/", 200), ("POST", "/", 405), ("POST", "/livez", 405), ("GET", "/index.html", 404),
      ("GET", "/connectionsx", 404), ("POST", "/metrics", 404),
    ])
  func notAudited(method: String, target: String, status: Int) async throws {
    let fixture = Fixture(failing: Set(AuditRecord.Stage.allCases))
    let response = await fixture.gateway.respond(to: try Sample.request(method: method, target: target))
    #expect(response.status.code == status)
    #expect(fixture.journal.records.isEmpty)
    #expect(fixture.observer.failures.isEmpty)
  }

  @Test("The contract's document is served as it is")
  func document() async throws {
    let response = await Fixture().gateway.respond(to: try Sample.request(method: "GET", target: "/openapi.json"))
    #expect(response.body == Fixture.document)
    #expect(response.fields[.contentType] == "application/json")
  }

  private static let origin = "https://tools.example.com"
  private static let preflight: HTTPFields = [
    .origin: origin, .accessControlRequestMethod: "POST", .accessControlRequestHeaders: "authorization",
  ]

  @Test(
    "A browser's preflight is answered without a token, leaves no record and sends nothing, even if the audit is down")
  func preflight() async throws {
    let fixture = Fixture(failing: Set(AuditRecord.Stage.allCases), cors: CORSPolicy([try Origin(Self.origin)]))
    let response = await fixture.gateway.respond(
      to: try Sample.request(method: "OPTIONS", fields: Self.preflight))
    #expect(response.status == .noContent)
    #expect(response.fields[.accessControlAllowOrigin] == Self.origin)
    #expect(response.fields[.accessControlAllowMethods] == "POST")
    #expect(response.fields[.xRequestID] == Sample.requestID)
    #expect(fixture.journal.records.isEmpty && fixture.observer.failures.isEmpty)
    #expect(fixture.service.calls.isEmpty)
    #expect(fixture.observer.responses.map(\.route) == ["preflight"])
  }

  @Test(
    "One of an origin that isn't allowed is refused and written down as any other method is, and told nothing",
    arguments: [[], ["https://other.example.com"]])
  func preflightOfOthers(origins: [String]) async throws {
    let fixture = Fixture(cors: CORSPolicy(try origins.map { try Origin($0) }))
    let response = await fixture.gateway.respond(to: try Sample.request(method: "OPTIONS", fields: Self.preflight))
    #expect(response.status == .methodNotAllowed)
    #expect(!response.fields.contains { $0.name.canonicalName.hasPrefix("access-control-") })
    #expect(response.fields[.vary] == (origins.isEmpty ? nil : "Origin"))
    #expect(fixture.journal.records.map(\.stage) == [.denied])
    #expect(fixture.journal.records.map(\.result?.code) == [.methodNotAllowed])
  }

  @Test("Whatever is answered to an allowed origin's page, its script may read", arguments: refusals)
  func refusedToAScript(_ refusal: Refusal) async throws {
    var refusal = refusal
    refusal.fields[.origin] = Self.origin
    for failing in [[], [AuditRecord.Stage.denied]] {
      let fixture = Fixture(
        failing: Set(failing), scopes: refusal.scopes, cors: CORSPolicy([try Origin(Self.origin)]))
      let response = await fixture.gateway.respond(to: try refusal.request())
      #expect(response.status == (failing.isEmpty ? refusal.code.status : .serviceUnavailable))
      #expect(response.fields[.accessControlAllowOrigin] == Self.origin)
      #expect(response.fields[.vary] == "Origin")
      #expect(response.fields[.accessControlAllowCredentials] == nil)
    }
  }

  @Test("The page says whether it is ready, and that it isn't while the gateway stops")
  func page() async throws {
    let fixture = Fixture()
    let page = try Sample.request(method: "GET", target: "/")
    #expect(await fixture.gateway.respond(to: page).text.contains(">Ready<"))
    fixture.stopping.set()
    let response = await fixture.gateway.respond(to: page)
    #expect(response.text.contains(">Not ready<") && response.text.contains(">serving<"))
    #expect(response.status == .ok)
    #expect(await Fixture(isReady: false).gateway.respond(to: page).text.contains(">Not ready<"))
  }

  @Test("A check that fails makes readiness a 503, and leaves liveness alone")
  func readiness() async throws {
    let gateway = Fixture(isReady: false).gateway
    #expect(
      await gateway.respond(to: try Sample.request(method: "GET", target: "/readyz")).status == .serviceUnavailable)
    #expect(await gateway.respond(to: try Sample.request(method: "GET", target: "/livez")).status == .ok)
  }

  @Test("Every response carries the standard headers, a refusal and a health check included")
  func standardFields() async throws {
    let requests = [
      try Self.allowed(), try Sample.request(), try Sample.request(method: "GET", target: "/livez"),
      try Sample.request(method: "GET", target: "/nowhere"), try Sample.request(violation: FramingViolation("No.")),
    ]
    for request in requests {
      let response = await Fixture().gateway.respond(to: request)
      #expect(response.fields[.xRequestID] == Sample.requestID)
      #expect(response.fields[.cacheControl] == "no-store")
      #expect(response.fields[.xContentTypeOptions] == "nosniff")
      #expect(response.closesConnection == (request.violation != nil))
    }
  }

  @Test("A gateway that is stopping begins no call, writes that down, and closes its connections")
  func stopping() async throws {
    let fixture = Fixture()
    fixture.stopping.set()
    let response = await fixture.gateway.respond(to: try Self.allowed())
    #expect(response.status == .serviceUnavailable)
    #expect(try response.members()["code"] == .string("overloaded"))
    #expect(try response.members()["outcome"] == .string("not_sent"))
    #expect(response.fields[.retryAfter] != nil)
    #expect(response.closesConnection)
    #expect(fixture.service.calls.isEmpty)
    #expect(fixture.journal.records.map(\.result?.code) == [.overloaded])
  }

  @Test("A gateway that is stopping begins what still comes, as long as there is time for it")
  func lastCalls() async throws {
    let fixture = Fixture()
    fixture.stopping.set(callsUntil: fixture.time.clock.now() + .seconds(10))
    let response = await fixture.gateway.respond(to: try Self.allowed())
    #expect(response.status == .ok)
    #expect(response.closesConnection)
    #expect(fixture.service.calls.count == 1)
    fixture.time.advance(by: .seconds(10))
    #expect(await fixture.gateway.respond(to: try Self.allowed()).code == .overloaded)
    #expect(fixture.service.calls.count == 1)
  }

  @Test("A gateway that is stopping is alive but not ready")
  func stoppingHealth() async throws {
    let fixture = Fixture()
    fixture.stopping.set()
    let gateway = fixture.gateway
    #expect(await gateway.respond(to: try Sample.request(method: "GET", target: "/livez")).status == .ok)
    #expect(
      await gateway.respond(to: try Sample.request(method: "GET", target: "/readyz")).status == .serviceUnavailable)
  }

  @Test("The observer is told each response, with its route, its code and how long it took")
  func observer() async throws {
    let fixture = Fixture()
    for request in [
      try Self.allowed(), try Sample.request(), try Sample.request(method: "GET", target: "/readyz"),
      try Sample.request(method: "GET", target: "/secret/path"),
    ] {
      _ = await fixture.gateway.respond(to: request)
    }
    let told = fixture.observer.responses
    #expect(told.map(\.route) == ["reject", "reject", "readyz", "none"])
    #expect(told.map(\.status) == [200, 401, 200, 404])
    #expect(told.map(\.code) == [nil, .unauthenticated, nil, .routeNotFound])
    #expect(told.map(\.duration) == [.milliseconds(5), .zero, .zero, .zero])
  }

  @Test("Of everything wrong with a call, the first check in the documented order is told")
  func order() async throws {
    let plain: HTTPFields = [.contentType: "text/plain"]
    let token = "Bearer \(Sample.token.exposed)"
    // Each one puts right what the one before was refused for.
    let calls = [
      Refusal(
        code: .notImplemented, method: "PUT", target: "/connections/NO/x?y", authorization: nil, fields: plain,
        body: .tooLarge, violation: FramingViolation("Chunks.", code: .notImplemented), scopes: []),
      Refusal(
        code: .routeNotFound, method: "PUT", target: "/connections/NO/x?y", authorization: nil, fields: plain,
        body: .tooLarge, scopes: []),
      Refusal(
        code: .methodNotAllowed, method: "PUT", target: "/connections/NO/reject?y", authorization: nil,
        fields: plain, body: .tooLarge, scopes: []),
      Refusal(
        code: .unauthenticated, target: "/connections/NO/reject?y", authorization: nil, fields: plain,
        body: .tooLarge, scopes: []),
      Refusal(
        code: .insufficientScope, target: "/connections/NO/reject?y", authorization: token, fields: plain,
        body: .tooLarge, scopes: []),
      Refusal(code: .invalidRequest, target: "/connections/NO/reject?y", fields: plain, body: .tooLarge),
      Refusal(code: .invalidRequest, target: Sample.rejectTarget + "?y", fields: plain, body: .tooLarge),
      Refusal(code: .unsupportedMediaType, fields: plain, body: .tooLarge),
      Refusal(code: .bodyTooLarge, fields: Self.json, body: .tooLarge),
      Refusal(code: .invalidRequest, fields: Self.json, body: .complete(Array("[]".utf8))),
    ]
    for call in calls {
      let response = await Fixture(scopes: call.scopes).gateway.respond(to: try call.request())
      #expect(try response.members()["code"] == .string(call.code.rawValue), "\(call.testDescription)")
    }
  }

  private static func allowed(method: String = "POST", target: String = Sample.rejectTarget) throws -> Request {
    try Sample.request(method: method, target: target, fields: [.authorization: "Bearer \(Sample.token.exposed)"])
  }
}
