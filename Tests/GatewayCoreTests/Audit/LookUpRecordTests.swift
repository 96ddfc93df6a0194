import GatewayCore
import HTTPTypes
import Testing

@Suite("Records of look-ups")
struct LookUpRecordTests {
  private static let targets: [(target: String, action: AuditAction)] = [
    ("/connections/\(Sample.connectionID)", .get), ("/connections", .list),
    (Sample.rejectTarget + "?dryRun=true", .rejectDryRun),
  ]

  private func line(_ record: AuditRecord?) -> String {
    let bytes = record?.line(time: Sample.time, sequence: 1, previous: String(repeating: "0", count: 64)) ?? []
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("The intent is on disk before AWS is asked, and the outcome before the answer", arguments: targets.indices)
  func order(_ index: Int) throws {
    let fixture = SimulatedGateway {
      $0.auditPause = { _, _ in .seconds(1) }
      $0.lookingUp = { simulation, _, _ in
        await simulation.sleep(.seconds(1))
        return .page([Sample.connection])
      }
    }
    let pending = try fixture.begin(Self.targets[index].target)
    fixture.simulation.run(until: .milliseconds(999))
    #expect(fixture.aws.calls.isEmpty)
    fixture.simulation.run(until: .milliseconds(1999))
    #expect(fixture.journal.records.map(\.stage) == [.intent])
    #expect(fixture.aws.calls.map(\.hadIntent) == [true])
    fixture.simulation.run(until: .milliseconds(2999))
    #expect(pending.value == nil)
    fixture.simulation.run()
    #expect(pending.value?.status == .ok)
    #expect(fixture.journal.records.map(\.stage) == [.intent, .outcome])
    #expect(fixture.journal.records.last?.result?.durationMilliseconds == 2000)
  }

  @Test("Both records name the call, the caller and the action", arguments: targets.indices)
  func named(_ index: Int) throws {
    let (target, action) = Self.targets[index]
    let fixture = SimulatedGateway()
    _ = try fixture.respond(target)
    try #require(fixture.journal.records.count == 2)
    for record in fixture.journal.records {
      #expect(record.requestID?.description == Sample.requestID)
      #expect(record.action == action)
      #expect(record.caller == Caller(tokenID: Sample.entry().id, name: "runbook-eu"))
      #expect(record.client == Sample.client)
      #expect(record.connectionID?.description == (action == .list ? nil : Sample.connectionID))
    }
    #expect(line(fixture.journal.records.first).contains("\"action\":\"\(action.rawValue)\""))
  }

  @Test("Whatever AWS answers, the outcome says what the caller is told", arguments: LookUpEnding.all)
  func outcome(_ ending: LookUpEnding) throws {
    for (target, action) in Self.targets {
      let ending = action == .list ? ending.ofList : ending
      let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in ending.report } }
      let response = try fixture.respond(target)
      let result = try #require(fixture.journal.records.last?.result)
      #expect(result.httpStatus == response.status.code)
      #expect(result.code == ending.code)
      #expect(result.aws == ending.report.answer)
      #expect(result.attempts == ending.report.attempts)
      #expect(result.accessKeyID == "AKIDEXAMPLE")
      #expect(result.sharedWith == nil)
      #expect(fixture.journal.open.isEmpty)
    }
  }

  @Test("Where the intent can't be written, AWS isn't asked", arguments: targets.indices)
  func intentFails(_ index: Int) throws {
    let fixture = SimulatedGateway { $0.isFailing = { $0.stage == .intent } }
    let response = try fixture.respond(Self.targets[index].target)
    #expect(response.code == .auditUnavailable)
    #expect(try response.members()["outcome"] == .string("not_sent"))
    #expect(fixture.aws.calls.isEmpty)
    #expect(!fixture.observer.failures.isEmpty)
  }

  @Test(
    "Where the outcome can't be written, the caller gets no connection but a 503 that doesn't say AWS wasn't asked",
    arguments: targets.indices)
  func outcomeFails(_ index: Int) throws {
    for ending in [LookUpEnding.success, LookUpEnding.problems[0], LookUpEnding.problems[3]] {
      let fixture = SimulatedGateway {
        $0.isFailing = { $0.stage == .outcome }
        $0.lookingUp = { _, _, _ in ending.report }
      }
      let response = try fixture.respond(Self.targets[index].target)
      #expect(response.code == .auditUnavailable)
      let members = try response.members()
      #expect(members["connection"] == nil && members["connections"] == nil)
      #expect(members["outcome"] == .string("not_rejected"))
      #expect(!response.text.contains("nothing was sent"))
      #expect(!response.text.contains("refused the reject"))
      #expect(!response.text.contains("/var/log"))
      #expect(fixture.observer.failures == [MemoryJournal.failure])
    }
  }

  @Test("The outcome of a list has every request to AWS, of each of AWS's pages", arguments: [1, 3])
  func pages(_ count: Int) throws {
    let fixture = SimulatedGateway {
      $0.lookingUp = { _, query, _ in
        let number = query.nextToken.flatMap { Int($0) } ?? 1
        return .page([], nextToken: number < count ? String(number + 1) : nil, requestID: "l-\(number)")
      }
    }
    _ = try fixture.respond("/connections")
    let result = try #require(fixture.journal.records.last?.result)
    let expected: [String?] = (1...count).map { "l-\($0)" }
    #expect(result.attempts.map(\.requestID) == expected)
    #expect(line(fixture.journal.records.last).contains("\"tries\":[") == (count > 1))
  }

  @Test("It has them, too, where a later page fails")
  func failingPage() throws {
    let fixture = SimulatedGateway {
      $0.lookingUp = { _, query, _ in
        query.nextToken == nil ? .page([], nextToken: "next") : .refused("AccessDeniedException", 403)
      }
    }
    #expect(try fixture.respond("/connections").code == .upstreamDenied)
    let result = try #require(fixture.journal.records.last?.result)
    #expect(result.attempts.map(\.requestID) == ["l-1", "r-1"])
    #expect(result.aws?.code == "AccessDeniedException")
  }
}
