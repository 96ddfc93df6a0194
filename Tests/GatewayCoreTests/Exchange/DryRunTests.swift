import GatewayCore
import HTTPTypes
import Testing

@Suite("Dry run")
struct DryRunTests {
  private static let target = Sample.rejectTarget + "?dryRun=true"

  @Test("Of a connection that awaits acceptance it says that a reject would be taken")
  func pending() throws {
    let fixture = SimulatedGateway()
    let response = try fixture.respond(Self.target)
    #expect(response.status == .ok)
    #expect(response.fields[.contentType] == "application/json")
    #expect(
      response.text
        == #"{"dryRun":true,"expected":{"status":200},"#
        + #""connection":{"id":"c-1234567890","status":"PENDING_ACCEPTANCE"},"#
        + #""requestId":"request-1","awsRequestId":"l-1"}"#)
  }

  @Test(
    "Of a connection in any other state it says that a reject would be a 409",
    arguments: [
      "APPROVED", "PROVISIONING", "ACTIVE", "REJECTING", "REJECTED", "DELETING", "DELETED", "NEW_STATE",
      "pending_acceptance", "", nil,
    ])
  func otherState(_ status: String?) throws {
    let connection = Connection(
      id: Sample.connectionID, status: status, statusMessage: nil, mode: nil, local: nil, remote: nil)
    let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in .page([connection]) } }
    let members = try fixture.respond(Self.target).members()
    #expect(members["expected"]?["status"] == .integer(409))
    #expect(members["expected"]?["code"] == .string("connection_not_rejectable"))
    #expect(members["connection"]?["status"] == status.map { .string($0) })
    #expect(members["dryRun"] == .bool(true))
  }

  @Test("No reject is sent, whatever the look-up comes to", arguments: LookUpEnding.all)
  func nothingSent(_ ending: LookUpEnding) throws {
    let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in ending.report } }
    let response = try fixture.respond(Self.target)
    #expect(response.status.code == ending.status)
    #expect(response.code == ending.code)
    #expect(fixture.aws.rejects.isEmpty)
    #expect(fixture.aws.lookUps.count == 1)
  }

  @Test("A connection that isn't there is a 404 that says which region was asked")
  func notFound() throws {
    let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in .page([]) } }
    let response = try fixture.respond(Self.target)
    #expect(response.status == .notFound)
    #expect(response.text.contains("eu-west-1"))
  }

  @Test("The audit tells it from a reject, with its intent before the look-up and its outcome after")
  func audit() throws {
    let fixture = SimulatedGateway()
    _ = try fixture.respond(Self.target)
    #expect(fixture.journal.records.map(\.stage) == [.intent, .outcome])
    #expect(fixture.journal.records.map(\.action) == [.rejectDryRun, .rejectDryRun])
    #expect(fixture.journal.records.map(\.connectionID?.description) == [Sample.connectionID, Sample.connectionID])
    #expect(fixture.journal.records.last?.result?.httpStatus == 200)
    #expect(fixture.aws.calls.map(\.hadIntent) == [true])
    let line = AuditRecord(stage: .intent, action: .rejectDryRun)
    #expect(line.contains(#""action":"connections.reject.dry_run""#))
  }

  @Test("Its outcome is never that something was rejected, or that it isn't known", arguments: LookUpEnding.all)
  func outcome(_ ending: LookUpEnding) throws {
    let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in ending.report } }
    _ = try fixture.respond(Self.target)
    let outcome = try #require(fixture.journal.records.last?.result?.outcome)
    #expect([.notSent, .notRejected].contains(outcome))
  }

  @Test("It takes the scope that the reject itself takes, and shows no more than that does")
  func scope() throws {
    let rejecting = SimulatedGateway { $0.scopes = [.reject] }
    #expect(try rejecting.respond(Self.target).status == .ok)
    let reading = SimulatedGateway { $0.scopes = [.read] }
    let response = try reading.respond(Self.target)
    #expect(response.status == .forbidden)
    #expect(response.fields[.wwwAuthenticate]?.contains("scope=\"connections:reject\"") == true)
    #expect(reading.aws.calls.isEmpty)
  }

  @Test("With 'dryRun=false' it is a reject like any other")
  func off() throws {
    let fixture = SimulatedGateway()
    #expect(try fixture.respond(Sample.rejectTarget + "?dryRun=false").status == .ok)
    #expect(fixture.aws.rejects.count == 1)
    #expect(fixture.journal.records.map(\.action) == [.reject, .reject])
  }

  @Test("Where its intent can't be written, nothing is looked up")
  func withoutIntent() throws {
    let fixture = SimulatedGateway { $0.isFailing = { $0.stage == .intent } }
    let response = try fixture.respond(Self.target)
    #expect(response.code == .auditUnavailable)
    #expect(fixture.aws.calls.isEmpty)
  }
}

extension AuditRecord {
  /// The line of a record that knows nothing but this.
  fileprivate init(stage: Stage, action: AuditAction) {
    self.init(stage: stage)
    self.action = action
  }

  fileprivate func contains(_ text: String) -> Bool {
    let bytes = line(time: Sample.time, sequence: 1, previous: String(repeating: "0", count: 64))
    return String(decoding: bytes, as: UTF8.self).contains(text)
  }
}
