import GatewayCore
import HTTPTypes
import Synchronization
import Testing

@Suite("LookUpConnections")
struct LookUpConnectionsTests {
  private static let target = "/connections/\(Sample.connectionID)"

  @Test("One connection is the contract's document")
  func one() throws {
    let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in .page([Sample.connection]) } }
    let response = try fixture.respond(Self.target)
    #expect(response.status == .ok)
    #expect(response.fields[.contentType] == "application/json")
    #expect(
      response.text
        == #"{"connection":{"id":"c-1234567890","status":"REJECTING","mode":"DIRECT","#
        + #""local":{"ownerId":"123456789012","domainName":"logs-eu","region":"eu-west-1"},"#
        + #""remote":{"ownerId":"210987654321","domainName":"archive","region":"eu-west-1"}},"#
        + #""requestId":"request-1","awsRequestId":"l-1"}"#)
  }

  @Test("A page is the contract's document, with a cursor only where there is more")
  func page() throws {
    let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in .page([Sample.connection("c-1", status: "ACTIVE")]) } }
    #expect(try fixture.respond("/connections").text == #"{"connections":[{"id":"c-1","status":"ACTIVE"}]}"#)
    let empty = SimulatedGateway { $0.lookingUp = { _, _, _ in .page([]) } }
    #expect(try empty.respond("/connections").text == #"{"connections":[]}"#)
    let more = SimulatedGateway { $0.lookingUp = { _, _, _ in .page([Sample.connection], nextToken: "next") } }
    guard case .string(let cursor) = try more.respond("/connections?limit=1").members()["nextCursor"] else {
      Issue.record("there is no cursor")
      return
    }
    #expect(try Cursor(cursor, madeFor: "\n\n").nextToken == "next")
  }

  @Test("AWS is asked with its own filters, until the call's time is over")
  func asked() throws {
    let fixture = SimulatedGateway { $0.timeout = .seconds(7) }
    _ = try fixture.respond("/connections?localDomain=logs-eu&remoteDomain=archive&limit=20")
    _ = try fixture.respond(Self.target)
    let filters = [("local-domain-info.domain-name", "logs-eu"), ("remote-domain-info.domain-name", "archive")]
    #expect(
      fixture.aws.lookUps.map(\.query) == [
        ConnectionQuery(filters: filters, maxResults: 20), ConnectionQuery(try Sample.connectionID()),
      ])
    #expect(fixture.aws.lookUps.map(\.deadline) == [.seconds(7), .seconds(7)])
    #expect(fixture.observer.lookUps.count == 2)
  }

  @Test("HEAD is audited and answered like GET", arguments: [target, "/connections"])
  func head(_ target: String) throws {
    let fixture = SimulatedGateway()
    #expect(try fixture.respond(target, method: "HEAD").status == .ok)
    #expect(fixture.journal.records.map(\.stage) == [.intent, .outcome])
  }

  @Test(
    "Reading takes the scope for reading, and the one for rejecting won't do", arguments: [target, "/connections"])
  func scope(_ target: String) throws {
    #expect(try SimulatedGateway { $0.scopes = [.read] }.respond(target).status == .ok)
    let fixture = SimulatedGateway { $0.scopes = [.reject] }
    let response = try fixture.respond(target)
    #expect(response.code == .insufficientScope)
    #expect(response.fields[.wwwAuthenticate]?.contains("scope=\"connections:read\"") == true)
    #expect(fixture.aws.calls.isEmpty)
    #expect(fixture.journal.records.map(\.stage) == [.denied])
  }

  @Test("Whoever may only read can't reject")
  func readOnly() throws {
    let fixture = SimulatedGateway { $0.scopes = [.read] }
    #expect(try fixture.respond(Sample.rejectTarget).code == .insufficientScope)
    #expect(fixture.aws.calls.isEmpty)
  }

  @Test("Whatever a look-up comes to, it is answered as the contract has it", arguments: LookUpEnding.all)
  func endings(_ ending: LookUpEnding) throws {
    for (target, ending) in [(Self.target, ending), ("/connections", ending.ofList)] {
      let fixture = SimulatedGateway { $0.lookingUp = { _, _, _ in ending.report } }
      let response = try fixture.respond(target)
      #expect(response.status.code == ending.status)
      #expect(response.code == ending.code)
      guard ending.code != nil else { continue }
      #expect(try response.members()["outcome"] == .string(ending.outcome.rawValue))
      #expect(try response.members()["requestId"] == .string(Sample.requestID))
    }
  }

  @Test("Where time runs out between two pages, that isn't blamed on the audit", arguments: [2, 5, 15])
  func slowPages(_ seconds: Int) throws {
    let fixture = SimulatedGateway {
      $0.lookingUp = { simulation, query, deadline in
        let left = simulation.left(until: deadline)
        guard left > .zero else { return .with(.tooLate, AWSAnswer(attempts: 0)) }
        await simulation.sleep(min(left, .seconds(seconds)))
        return .page([Sample.connection(status: "ACTIVE")], nextToken: (query.nextToken ?? "") + "x")
      }
    }
    let response = try fixture.respond("/connections?status=REJECTED")
    #expect(fixture.simulation.passed <= .seconds(15))
    #expect(response.status == .ok)
    #expect(response.text.hasPrefix(#"{"connections":[],"nextCursor":"#))
  }

  @Test("A gateway that is stopping looks nothing up", arguments: [target, "/connections"])
  func stopping(_ target: String) throws {
    let fixture = SimulatedGateway()
    fixture.stopping.set()
    #expect(try fixture.respond(target).code == .overloaded)
    #expect(fixture.aws.calls.isEmpty)
    #expect(fixture.journal.records.map(\.stage) == [.denied])
  }
}
