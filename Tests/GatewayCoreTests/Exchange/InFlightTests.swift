import HTTPTypes
import Testing

@testable import GatewayCore

/// The bound on calls to AWS, `--max-in-flight`.
@Suite("In flight")
struct InFlightTests {
  private static let kinds = [
    "/connections/c-another-one/reject", "/connections/c-another-one", "/connections",
    "/connections/c-another-one/reject?dryRun=true", "/connections/c-another-one/reject?wait=10s",
  ]

  /// A gateway whose AWS takes a second for everything.
  private static func fixture(limit: Int) -> SimulatedGateway {
    SimulatedGateway {
      $0.limit = limit
      $0.rejecting = { simulation, id, _ in
        await simulation.sleep(.seconds(1))
        return .accepted(id, "REJECTED")
      }
      $0.lookingUp = { simulation, query, _ in
        await simulation.sleep(.seconds(1))
        return .page([Sample.connection(query.id, status: "ACTIVE")])
      }
    }
  }

  @Test("Over the bound the answer is a 503 at once, with Retry-After, and nothing is sent", arguments: kinds)
  func overloaded(_ target: String) throws {
    let fixture = Self.fixture(limit: 2)
    try fixture.begin(Sample.rejectTarget, id: "first")
    try fixture.begin("/connections", id: "second")
    fixture.simulation.run(until: .milliseconds(500))
    #expect(fixture.inFlight.count == 2)
    let pending = try fixture.begin(target, id: "third")
    fixture.simulation.run(until: .milliseconds(500))
    let response = try #require(pending.value, "it waits")
    #expect(response.status == .serviceUnavailable)
    #expect(response.fields[.retryAfter] != nil)
    #expect(response.fields[.contentType] == "application/problem+json")
    let members = try response.members()
    #expect(members["code"] == .string("overloaded"))
    #expect(members["outcome"] == .string("not_sent"))
    #expect(members["requestId"] == .string("third"))
    #expect(fixture.aws.calls.count == 2)
    #expect(fixture.inFlight.count == 2)
  }

  @Test("Who is turned away is written down once, with who it was and what for", arguments: kinds.indices)
  func denied(_ index: Int) throws {
    let fixture = Self.fixture(limit: 1)
    try fixture.begin(Sample.rejectTarget, id: "first")
    try fixture.begin(Self.kinds[index], id: "second", after: .milliseconds(1))
    fixture.simulation.run()
    let records = fixture.journal.records(of: "second")
    try #require(records.count == 1)
    #expect(records[0].stage == .denied)
    #expect(records[0].action == [.reject, .get, .list, .rejectDryRun, .reject][index])
    #expect(records[0].caller?.name == "runbook-eu")
    #expect(records[0].connectionID?.description == (index == 2 ? nil : "c-another-one"))
    #expect(records[0].result == AuditResult(httpStatus: 503, code: .overloaded, outcome: .notSent))
  }

  @Test("Where that can't be written down, the answer is a 503 of another name")
  func deniedWithoutAudit() throws {
    let fixture = SimulatedGateway {
      $0.limit = 0
      $0.isFailing = { $0.stage == .denied }
    }
    #expect(try fixture.respond(Sample.rejectTarget).code == .auditUnavailable)
    #expect(fixture.aws.calls.isEmpty)
  }

  @Test("Who asks to reject a connection that is being rejected needs no place of his own")
  func joins() throws {
    let fixture = Self.fixture(limit: 1)
    let pending = try (0..<5).map { try fixture.begin(Sample.rejectTarget, id: "r-\($0)", after: .milliseconds($0)) }
    fixture.simulation.run()
    #expect(pending.allSatisfy { $0.value?.status == .ok })
    #expect(fixture.aws.rejects.count == 1)
  }

  @Test("A call that is refused for what it is takes no place, and is told so even where there is none")
  func refusedFirst() throws {
    let fixture = Self.fixture(limit: 0)
    #expect(try fixture.respond("/connections?limit=0").code == .invalidRequest)
    #expect(try fixture.respond("/connections/NO").code == .invalidRequest)
    #expect(try fixture.respond(Sample.rejectTarget + "?wait=1").code == .invalidRequest)
    #expect(try fixture.respond("/connections").code == .overloaded)
  }

  @Test("A place is given back after every kind of look-up", arguments: LookUpEnding.all)
  func lookUps(_ ending: LookUpEnding) throws {
    for target in Self.kinds {
      let fixture = SimulatedGateway {
        $0.limit = 1
        $0.lookingUp = { _, _, _ in ending.report }
      }
      for _ in 0..<3 { #expect(try fixture.respond(target).code != .overloaded) }
      #expect(fixture.inFlight.count == 0)
    }
  }

  @Test(
    "A place is given back after every kind of reject",
    arguments: [
      .with(.timedOut), .with(.notUnderstood), .with(.unreachable), .with(.noCredentials), .with(.tooLate),
      .with(.settled(.notFound)), .with(.confirmed(Sample.connection)), .with(.accepted(Sample.connection)),
      .refused("ThrottlingException"), .refused("AccessDeniedException"), .refused("X"),
    ] as [RejectionReport])
  func rejects(_ report: RejectionReport) throws {
    let fixture = SimulatedGateway {
      $0.limit = 1
      $0.rejecting = { _, _, _ in report }
    }
    for _ in 0..<3 { #expect(try fixture.respond(Sample.rejectTarget).code != .overloaded) }
    #expect(fixture.inFlight.count == 0)
  }

  @Test("A place is given back where the audit fails", arguments: [AuditRecord.Stage.intent, .outcome])
  func auditFails(_ stage: AuditRecord.Stage) throws {
    let fixture = SimulatedGateway {
      $0.limit = 1
      $0.isFailing = { $0.stage == stage }
    }
    for target in Self.kinds + Self.kinds { #expect(try fixture.respond(target).code == .auditUnavailable) }
    #expect(fixture.inFlight.count == 0)
  }

  @Test(
    "On real threads, too, nobody is left waiting, and what he gets is of the call that is named",
    .timeLimit(.minutes(1)))
  func threads() async throws {
    let id = try Sample.connectionID()
    let inFlight = InFlight(limit: 1)
    let astray = await withTaskGroup { group in
      for task in 0..<4 {
        group.addTask {
          var astray = 0
          for number in 0..<20_000 {
            let name = "request-\(task)-\(number)"
            guard let requestID = RequestID(callerSupplied: name), (try? inFlight.enter(id)) != nil else { continue }
            let answered = await inFlight.reject(id, by: requestID) {
              .with(.timedOut, AWSAnswer(requestID: name, attempts: 1))
            }
            inFlight.leave(id)
            let named = answered.sharedWith?.description ?? name
            if answered.report.answer.requestID != named { astray += 1 }
          }
          return astray
        }
      }
      return await group.reduce(0, +)
    }
    #expect(astray == 0)
    #expect(inFlight.count == 0)
  }
}
