import GatewayCore
import HTTPTypes
import Testing

@Suite("RejectConnection")
struct RejectConnectionTests {
  /// The pieces around one call.
  private struct Fixture {
    let events = Events()
    let time = ManualClock()
    let observer = RecordingObserver()
    let journal: MemoryJournal
    let service: FakeService
    let rejectConnection: RejectConnection

    init(_ report: RejectionReport, failing: Set<AuditRecord.Stage> = [], timeout: Duration = .seconds(15)) {
      journal = MemoryJournal(failing: failing, events: events)
      service = FakeService(report, events: events) { [time] in time.advance(by: .milliseconds(250)) }
      let exchange = AuditedExchange(
        audit: AuditTrail(journal: journal, clock: time.clock), clock: time.clock, timeout: timeout, observer: observer)
      let inFlight = InFlight(limit: 1)
      let waiter = RejectionWaiter(
        lookUps: FakeLookUps([Sample.page([])], events: events), inFlight: inFlight, clock: time.clock,
        sleep: { [time] in time.advance(by: $0) }, isStopping: { false })
      rejectConnection = RejectConnection(exchange: exchange, upstream: service, inFlight: inFlight, waiter: waiter)
    }

    func respond() async throws -> Response {
      defer { events.add("answer given") }
      return try await rejectConnection.respond(to: try Sample.call(), wait: .zero)
    }
  }

  private static let accepted = Sample.report(
    .accepted(Sample.connection), AWSAnswer(requestID: "r-1", httpStatus: 200, attempts: 1))

  /// One of each way a call can end, with what it means for the connection.
  static let endings: [(report: RejectionReport, outcome: Outcome)] = [
    (accepted, .rejected), (Sample.report(.confirmed(Sample.connection)), .rejected),
    (Sample.report(.settled(.notFound), AWSAnswer(code: "ValidationException", attempts: 1)), .notRejected),
    (Sample.report(.settled(.notRejectable), AWSAnswer(code: "ValidationException", attempts: 1)), .notRejected),
    (Sample.report(.refused, AWSAnswer(code: "ResourceNotFoundException", httpStatus: 409, attempts: 1)), .notRejected),
    (
      Sample.report(.refused, AWSAnswer(code: "DisabledOperationException", httpStatus: 409, attempts: 1)), .notRejected
    ),
    (Sample.report(.refused, AWSAnswer(code: "ThrottlingException", httpStatus: 400, attempts: 1)), .notRejected),
    (Sample.report(.refused, AWSAnswer(code: "InternalException", httpStatus: 500, attempts: 1)), .unknown),
    (Sample.report(.notUnderstood), .unknown), (Sample.report(.timedOut), .unknown),
    (Sample.report(.unreachable), .notSent),
    (Sample.report(.noCredentials, AWSAnswer(attempts: 0), accessKeyID: nil), .notSent),
    (Sample.report(.tooLate, AWSAnswer(attempts: 0), accessKeyID: nil), .notSent),
  ]

  @Test(
    "The intent is on disk before anything is sent, and the outcome before the answer is given",
    arguments: endings.indices)
  func order(_ index: Int) async throws {
    let fixture = Fixture(Self.endings[index].report)
    _ = try await fixture.respond()
    #expect(fixture.events.all == ["intent on disk", "sent", "AWS answered", "outcome on disk", "answer given"])
  }

  @Test("A success is the contract's document")
  func success() async throws {
    let response = try await Fixture(Self.accepted).respond()
    #expect(response.status == .ok)
    #expect(response.fields[.contentType] == "application/json")
    #expect(
      response.text
        == #"{"connection":{"id":"c-1234567890","status":"REJECTING","mode":"DIRECT","#
        + #""local":{"ownerId":"123456789012","domainName":"logs-eu","region":"eu-west-1"},"#
        + #""remote":{"ownerId":"210987654321","domainName":"archive","region":"eu-west-1"}},"#
        + #""requestId":"request-1","awsRequestId":"r-1","attempts":1}"#)
  }

  @Test("Where AWS gave no request id, none is invented")
  func noRequestID() async throws {
    let report = Sample.report(.accepted(Sample.connection), AWSAnswer(httpStatus: 200, attempts: 1))
    #expect(try await Fixture(report).respond().members()["awsRequestId"] == nil)
  }

  @Test("The outcome's record says what the caller is told", arguments: endings.indices)
  func record(_ index: Int) async throws {
    let (report, outcome) = Self.endings[index]
    let fixture = Fixture(report)
    let response = try await fixture.respond()
    let members = try response.members()
    let result = try #require(fixture.journal.records.last?.result)
    #expect(result.httpStatus == response.status.code)
    #expect(result.outcome == outcome)
    #expect(result.aws == report.answer)
    #expect(result.accessKeyID == report.accessKeyID)
    #expect(result.durationMilliseconds == 250)
    if outcome == .rejected {
      #expect(result.code == nil)
    } else {
      #expect(members["code"] == result.code.map { .string($0.rawValue) })
      #expect(members["outcome"] == .string(outcome.rawValue))
      #expect(members["status"] == .integer(Int64(response.status.code)))
      #expect(members["requestId"] == .string(Sample.requestID))
    }
  }

  @Test("Where the intent can't be written, nothing is sent and the caller is told so")
  func intentFails() async throws {
    let fixture = Fixture(Self.accepted, failing: [.intent])
    let problem = try await #require(throws: Problem.self) { _ = try await fixture.respond() }
    #expect(problem.code == .auditUnavailable)
    #expect(problem.outcome == .notSent)
    #expect(problem.fields[.retryAfter] != nil)
    #expect(fixture.service.calls.isEmpty)
    #expect(fixture.events.all == ["intent failed", "answer given"])
    #expect(fixture.observer.failures == [MemoryJournal.failure])
    #expect(!problem.detail.contains("/var/log"))
  }

  @Test("Where the outcome can't be written, the caller gets a 503 that says what AWS did", arguments: endings.indices)
  func outcomeFails(_ index: Int) async throws {
    let (report, outcome) = Self.endings[index]
    let fixture = Fixture(report, failing: [.outcome])
    let response = try await fixture.respond()
    let members = try response.members()
    #expect(response.status == .serviceUnavailable)
    #expect(members["code"] == .string("audit_unavailable"))
    #expect(members["outcome"] == .string(outcome.rawValue))
    #expect(fixture.events.all == ["intent on disk", "sent", "AWS answered", "outcome failed", "answer given"])
    #expect(fixture.observer.failures == [MemoryJournal.failure])
    #expect(!response.text.contains("/var/log"))
    if report.answer.httpStatus != nil {
      #expect(members["aws"]?["httpStatus"] == report.answer.httpStatus.map { .integer(Int64($0)) })
    }
  }

  @Test("AWS is asked once, for the call's connection, until the call's time is over")
  func asked() async throws {
    let fixture = Fixture(Self.accepted, timeout: .seconds(7))
    _ = try await fixture.respond()
    let calls = fixture.service.calls
    #expect(calls.map(\.connectionID.description) == [Sample.connectionID])
    #expect(calls.first?.deadline == fixture.time.start + .seconds(7))
    #expect(fixture.observer.rejects == [Self.accepted])
  }
}
