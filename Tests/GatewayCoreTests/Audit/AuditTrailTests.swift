import GatewayCore
import HTTPTypes
import Testing

@Suite("AuditTrail")
struct AuditTrailTests {
  private let journal = MemoryJournal()
  private let time = ManualClock()

  private var trail: AuditTrail {
    AuditTrail(journal: journal, clock: time.clock)
  }

  @Test("An intent says who asks for what, from where and why")
  func intent() async throws {
    let call = try Sample.call(json: #"{"reason": "CHG-1234"}"#, fields: [.userAgent: "curl/8.1"])
    _ = try await trail.intent(call, started: time.start)
    let record = try #require(journal.records.first)
    var expected = AuditRecord(stage: .intent)
    expected.requestID = try Sample.requestID()
    expected.action = .reject
    expected.connectionID = try Sample.connectionID()
    expected.caller = Sample.caller
    expected.client = Sample.client
    expected.userAgent = "curl/8.1"
    expected.reason = "CHG-1234"
    #expect(journal.records.count == 1)
    #expect(record == expected)
  }

  @Test("An outcome names the same call as its intent, with its result and how long it took")
  func outcome() async throws {
    let receipt = try await trail.intent(try Sample.call(fields: [.userAgent: "curl/8.1"]), started: time.start)
    time.advance(by: .microseconds(12_999))
    let aws = AWSAnswer(requestID: "r-1", httpStatus: 200, attempts: 1)
    try await trail.outcome(
      receipt, AuditResult(httpStatus: 200, code: nil, outcome: .rejected, aws: aws, accessKeyID: "AKIDEXAMPLE"))
    let records = journal.records
    try #require(records.map(\.stage) == [.intent, .outcome])
    #expect(records[1].requestID == records[0].requestID)
    #expect(records[1].action == records[0].action)
    #expect(records[1].connectionID == records[0].connectionID)
    #expect(records[1].caller == records[0].caller)
    #expect(records[1].client == records[0].client)
    #expect(
      records[1].result
        == AuditResult(
          httpStatus: 200, code: nil, outcome: .rejected, aws: aws, accessKeyID: "AKIDEXAMPLE", durationMilliseconds: 12
        ))
  }

  @Test("A slow disk is waited for until the call's time is over, and for an outcome a second at least")
  func deadlines() async throws {
    let trail = AuditTrail(journal: journal, clock: time.clock, timeout: .seconds(15))
    let call = try Sample.call()
    time.advance(by: .seconds(2))
    let soon = try await trail.intent(call, started: time.start)
    let late = try await trail.intent(call, started: time.start)
    try await trail.denied(
      call.request, by: Problem(.invalidRequest, "No."), action: nil, connectionID: nil, caller: nil)
    let result = AuditResult(httpStatus: 200, code: nil, outcome: .rejected)
    try await trail.outcome(soon, result)
    time.advance(by: .seconds(14))
    try await trail.outcome(late, result)
    #expect(journal.deadlines.map { $0.map { $0 - time.start } } == [15, 15, 17, 15, 17].map { .seconds($0) })
  }

  @Test("Without a time for the call, the disk is waited for as long as it takes")
  func noDeadline() async throws {
    _ = try await trail.intent(try Sample.call(), started: time.start)
    #expect(journal.deadlines == [nil])
  }

  @Test("A denied call is written with its code, and with its id where it has a valid one")
  func denied() async throws {
    let problem = Problem(.unauthenticated, "No.")
    try await trail.denied(
      try Sample.request(fields: [.userAgent: "x"]), by: problem, action: .reject,
      connectionID: try Sample.connectionID(), caller: nil)
    let record = try #require(journal.records.first)
    #expect(record.stage == .denied)
    #expect(record.action == .reject)
    #expect(record.connectionID?.description == Sample.connectionID)
    #expect(record.path == nil)
    #expect(record.caller == nil)
    #expect(record.client == Sample.client)
    #expect(record.userAgent == "x")
    #expect(record.result == AuditResult(httpStatus: 401, code: .unauthenticated, outcome: .notSent))
  }

  @Test("A denied call without a valid id is written with its path, and without its query")
  func deniedPath() async throws {
    let request = try Sample.request(target: "/connections/NO/reject?key=value")
    try await trail.denied(
      request, by: Problem(.invalidRequest, "No."), action: nil, connectionID: nil, caller: Sample.caller)
    let record = try #require(journal.records.first)
    #expect(record.path == "/connections/NO/reject")
    #expect(record.action == nil)
    #expect(record.caller == Sample.caller)
  }

  @Test("A token in a field that a caller fills is taken out")
  func redaction() async throws {
    let token = Sample.token.exposed
    _ = try await trail.intent(
      try Sample.call(json: "{\"reason\": \"see \(token)\"}", fields: [.userAgent: "curl \(token)"]),
      started: time.start)
    try await trail.denied(
      try Sample.request(
        target: "/connections/\(token)/reject", fields: [.userAgent: token, .authorization: "Bearer \(token)"]),
      by: Problem(.invalidRequest, "No."), action: nil, connectionID: nil, caller: nil)
    #expect(journal.records.count == 2)
    #expect(!journal.text.contains(token.dropFirst(4)))
    #expect(journal.records[0].reason == "see cgw_[redacted]")
    #expect(journal.records[0].userAgent == "curl cgw_[redacted]")
    #expect(journal.records[1].path == "/connections/cgw_[redacted]/reject")
  }

  @Test("What a caller sends is cut to 512 characters")
  func limits() async throws {
    let long = String(repeating: "u", count: 600)
    try await trail.denied(
      try Sample.request(target: "/connections/" + long, fields: [.userAgent: long]),
      by: Problem(.routeNotFound, "No."), action: nil, connectionID: nil, caller: nil)
    let record = try #require(journal.records.first)
    #expect(record.path?.count == 512)
    #expect(record.userAgent?.count == 512)
  }

  @Test("Where the journal fails, there is no receipt but an error")
  func intentFails() async throws {
    let trail = AuditTrail(journal: MemoryJournal(failing: [.intent]), clock: time.clock)
    let call = try Sample.call()
    await #expect(throws: MemoryJournal.failure) { _ = try await trail.intent(call, started: time.start) }
  }

  @Test("Where an outcome or a refusal can't be written, that is an error too")
  func laterFailures() async throws {
    let trail = AuditTrail(journal: MemoryJournal(failing: [.outcome, .denied]), clock: time.clock)
    let call = try Sample.call()
    await #expect(throws: MemoryJournal.failure) {
      let receipt = try await trail.intent(call, started: time.start)
      try await trail.outcome(receipt, AuditResult(httpStatus: 200, code: nil, outcome: .rejected))
    }
    await #expect(throws: MemoryJournal.failure) {
      try await trail.denied(
        call.request, by: Problem(.routeNotFound, "No."), action: nil, connectionID: nil, caller: nil)
    }
  }

  @Test(
    "Durations are whole milliseconds, rounded down",
    arguments: [(0, 0), (999, 0), (1000, 1), (1999, 1), (61_000_000, 61_000)])
  func milliseconds(microseconds: Int64, milliseconds: Int64) {
    #expect(Duration.microseconds(microseconds).wholeMilliseconds == milliseconds)
  }
}
