import GatewayCore
import HTTPTypes
import Testing

/// Calls to reject the same connection at the same time.
@Suite("Shared calls")
struct SharedCallTests {
  private static let other = "/connections/c-another-one/reject"

  /// A gateway whose AWS takes a second for a reject.
  private static func fixture(
    _ report: RejectionReport? = nil, _ change: (inout SimulatedGateway.Options) -> Void = { _ in }
  ) -> SimulatedGateway {
    SimulatedGateway { options in
      options.rejecting = { simulation, id, _ in
        await simulation.sleep(.seconds(1))
        return report ?? .accepted(id)
      }
      change(&options)
    }
  }

  private func outcome(of requestID: String, in fixture: SimulatedGateway) throws -> AuditResult {
    try #require(fixture.journal.records(of: requestID).first { $0.stage == .outcome }?.result)
  }

  /// The requests' records, by stage.
  private func stages(of requestID: String, in fixture: SimulatedGateway) -> [AuditRecord.Stage] {
    fixture.journal.records(of: requestID).map(\.stage)
  }

  @Test(
    "Any number of callers are one call to AWS, and each has his own intent, outcome and answer", arguments: [1, 2, 25])
  func together(_ count: Int) throws {
    let fixture = Self.fixture()
    let names = (0..<count).map { "request-\($0)" }
    let pending = try names.map { try fixture.begin(Sample.rejectTarget, id: $0) }
    fixture.simulation.run()
    #expect(fixture.aws.rejects.count == 1)
    #expect(fixture.simulation.passed == .seconds(1))
    for (name, pending) in zip(names, pending) {
      let response = try #require(pending.value)
      #expect(response.status == .ok)
      #expect(try response.members()["requestId"] == .string(name))
      #expect(try response.members()["awsRequestId"] == .string("r-1"))
      #expect(stages(of: name, in: fixture) == [.intent, .outcome])
    }
    let leaders = try names.filter { try outcome(of: $0, in: fixture).sharedWith == nil }
    try #require(leaders.count == 1)
    for name in names where name != leaders[0] {
      #expect(try outcome(of: name, in: fixture).sharedWith?.description == leaders[0])
    }
    #expect(fixture.inFlight.count == 0)
  }

  @Test("Whoever sees what goes to AWS is told of the one call once")
  func observed() throws {
    let fixture = Self.fixture()
    for number in 0..<3 { try fixture.begin(Sample.rejectTarget, id: "request-\(number)") }
    fixture.simulation.run()
    #expect(fixture.observer.rejects == [.accepted(try Sample.connectionID())])
    #expect(fixture.observer.responses.count == 3)
  }

  @Test("A caller joins at any time until AWS has answered", arguments: [1, 500, 999])
  func late(_ milliseconds: Int) throws {
    let fixture = Self.fixture()
    try fixture.begin(Sample.rejectTarget, id: "first")
    try fixture.begin(Sample.rejectTarget, id: "second", after: .milliseconds(milliseconds))
    fixture.simulation.run()
    #expect(fixture.aws.rejects.count == 1)
    #expect(try outcome(of: "second", in: fixture).sharedWith?.description == "first")
    #expect(try outcome(of: "second", in: fixture).durationMilliseconds == Int64(1000 - milliseconds))
  }

  @Test("A caller who comes when it has ended makes a call of his own", arguments: [1000, 1001, 5000])
  func after(_ milliseconds: Int) throws {
    let fixture = Self.fixture()
    try fixture.begin(Sample.rejectTarget, id: "first")
    try fixture.begin(Sample.rejectTarget, id: "second", after: .milliseconds(milliseconds + 1))
    fixture.simulation.run()
    #expect(fixture.aws.rejects.count == 2)
    #expect(try outcome(of: "second", in: fixture).sharedWith == nil)
  }

  @Test("A caller who comes while the first one's outcome is still being written makes a call of his own")
  func whileOutcomeIsWritten() throws {
    let fixture = Self.fixture { $0.auditPause = { $1.stage == .outcome ? .seconds(10) : .zero } }
    try fixture.begin(Sample.rejectTarget, id: "first")
    try fixture.begin(Sample.rejectTarget, id: "second", after: .seconds(5))
    fixture.simulation.run()
    #expect(fixture.aws.rejects.map(\.asked) == [.zero, .seconds(5)])
    #expect(try outcome(of: "second", in: fixture).sharedWith == nil)
  }

  @Test("Calls for other connections, looks and dry runs are never joined")
  func apart() throws {
    let fixture = Self.fixture()
    let targets = [
      Sample.rejectTarget, Self.other, "/connections/\(Sample.connectionID)", Sample.rejectTarget + "?dryRun=true",
      "/connections",
    ]
    for (number, target) in targets.enumerated() { try fixture.begin(target, id: "request-\(number)") }
    fixture.simulation.run()
    #expect(fixture.aws.rejects.count == 2)
    #expect(fixture.aws.lookUps.count == 3)
    for number in targets.indices {
      #expect(try outcome(of: "request-\(number)", in: fixture).sharedWith == nil)
    }
  }

  @Test(
    "However the call ends, each caller gets that ending under his own request id",
    arguments: [
      .refused("ResourceNotFoundException", 409), .refused("DisabledOperationException", 409),
      .refused("ThrottlingException"), .with(.timedOut, AWSAnswer(attempts: 1)), .with(.notUnderstood),
      .with(.unreachable, AWSAnswer(attempts: 1)), .with(.noCredentials, AWSAnswer(attempts: 0)),
    ] as [RejectionReport])
  func problems(_ report: RejectionReport) throws {
    let fixture = Self.fixture(report)
    let names = ["first", "second", "third"]
    let pending = try names.map { try fixture.begin(Sample.rejectTarget, id: $0) }
    fixture.simulation.run()
    #expect(fixture.aws.rejects.count == 1)
    let expected = try #require(throws: Problem.self) { try RejectionTranslation.connection(from: report) }
    for (name, pending) in zip(names, pending) {
      let members = try #require(pending.value).members()
      #expect(members["code"] == .string(expected.code.rawValue))
      #expect(members["outcome"] == .string(expected.outcome.rawValue))
      #expect(members["requestId"] == .string(name))
      #expect(try outcome(of: name, in: fixture).code == expected.code)
    }
  }

  @Test("A caller who gives up, the first or another, changes nothing for the rest", arguments: ["first", "second"])
  func givesUp(_ name: String) throws {
    let fixture = Self.fixture()
    let pending = try ["first", "second", "third"].enumerated().map { number, name in
      (name, try fixture.begin(Sample.rejectTarget, id: name, after: .milliseconds(number)))
    }
    fixture.simulation.run(until: .milliseconds(500))
    pending.first { $0.0 == name }?.1.cancel()
    fixture.simulation.run()
    #expect(fixture.aws.rejects.count == 1)
    for (name, pending) in pending {
      #expect(pending.value?.status == .ok)
      #expect(stages(of: name, in: fixture) == [.intent, .outcome])
    }
    #expect(fixture.inFlight.count == 0)
  }

  @Test(
    "A caller whose intent or outcome can't be written gets a 503, and the rest what AWS said",
    arguments: [AuditRecord.Stage.intent, .outcome], ["first", "second"])
  func auditFails(stage: AuditRecord.Stage, name: String) throws {
    let fixture = Self.fixture {
      $0.isFailing = { $0.stage == stage && $0.requestID?.description == name }
    }
    let pending = try ["first", "second", "third"].enumerated().map { number, name in
      (name, try fixture.begin(Sample.rejectTarget, id: name, after: .milliseconds(number)))
    }
    fixture.simulation.run()
    #expect(fixture.aws.rejects.count == 1)
    for (caller, pending) in pending {
      let response = try #require(pending.value)
      #expect(response.code == (caller == name ? .auditUnavailable : nil))
      if caller == name {
        let expected = stage == .intent ? "not_sent" : "rejected"
        #expect(try response.members()["outcome"] == .string(expected))
      }
    }
    #expect(fixture.inFlight.count == 0)
  }

  @Test("A caller whose intent takes long joins when it is on disk, not before, or calls by himself")
  func slowIntent() throws {
    for (pause, calls) in [(Duration.milliseconds(500), 1), (.milliseconds(1500), 2)] {
      let fixture = Self.fixture {
        $0.auditPause = { $1.stage == .intent && $1.requestID?.description == "second" ? pause : .zero }
      }
      try fixture.begin(Sample.rejectTarget, id: "first")
      try fixture.begin(Sample.rejectTarget, id: "second")
      fixture.simulation.run()
      #expect(fixture.aws.rejects.count == calls)
      #expect(fixture.aws.rejects.allSatisfy { $0.hadIntent })
      #expect(fixture.aws.mostForOne == 1)
    }
  }

  @Test("Each waits for as long as he asked, though they share the reject")
  func ownWaits() throws {
    let fixture = Self.fixture {
      $0.lookingUp = { _, query, _ in .page([Sample.connection(query.id, status: "REJECTING")]) }
    }
    let queries = ["", "?wait=5s", "?wait=20s"]
    let pending = try queries.map { try fixture.begin(Sample.rejectTarget + $0, id: "request\($0.count)") }
    for (end, answered) in [(1, 1), (4, 1), (5, 2), (19, 2), (20, 3)] {
      fixture.simulation.run(until: .seconds(end))
      #expect(pending.count { $0.value != nil } == answered, "after \(end) s")
    }
    #expect(pending.allSatisfy { $0.value?.status == .ok })
    #expect(fixture.aws.rejects.count == 1)
  }

  @Test("Who comes while another still waits for the status to settle makes a call of his own")
  func duringWait() throws {
    let fixture = Self.fixture {
      $0.lookingUp = { _, query, _ in .page([Sample.connection(query.id, status: "REJECTING")]) }
    }
    try fixture.begin(Sample.rejectTarget + "?wait=30s", id: "first")
    let second = try fixture.begin(Sample.rejectTarget, id: "second", after: .seconds(10))
    fixture.simulation.run(until: .seconds(11))
    #expect(second.value?.status == .ok)
    #expect(fixture.aws.rejects.count == 2)
    #expect(try outcome(of: "second", in: fixture).sharedWith == nil)
    fixture.simulation.run()
    #expect(fixture.inFlight.count == 0)
  }

  @Test("Two callers who chose the same request id get an answer each")
  func sameRequestID() throws {
    let fixture = Self.fixture()
    let pending = try (0..<3).map { try fixture.begin(Sample.rejectTarget, id: "same", after: .milliseconds($0)) }
    fixture.simulation.run()
    #expect(pending.allSatisfy { $0.value?.status == .ok })
    #expect(fixture.journal.records(of: "same").count == 6)
  }
}
