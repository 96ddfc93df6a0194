import AWSCredentials
import GatewayCore
import HTTPTypes
import SigV4
import Testing

@testable import OpenSearchClient

@Suite("Look-ups")
struct LookUpTests {
  private func calls(_ lookUp: FakeTransport.Answer) -> Calls {
    Calls(FakeTransport([.rejected], lookUps: [lookUp]))
  }

  @Test("A page is passed on, with AWS's request id and the attempt")
  func accepted() async throws {
    let calls = calls(.found(status: "ACTIVE"))
    let report = try await calls.lookUp(ConnectionQuery(filters: [], maxResults: 7, nextToken: "t"))
    guard case .accepted(let page) = report.verdict else { throw Unexpected(verdict: report.verdict) }
    #expect(page.connections.map(\.status) == ["ACTIVE"])
    #expect(report.answer == AWSAnswer(requestID: "r-1", httpStatus: 200, attempts: 1))
    #expect(report.attempts == [Attempt(operation: .lookUp, ending: .answered, requestID: "r-1", httpStatus: 200)])
    #expect(calls.transport.rejects.isEmpty)
    #expect(calls.transport.sent[0].request.body == Array(#"{"MaxResults":7,"NextToken":"t"}"#.utf8))
    #expect(calls.transport.sent[0].field("content-type") == "application/json")
  }

  @Test("A 200 that is no page is not understood, and not tried again")
  func notUnderstood() async throws {
    var calls = calls(.status(200, #"{"Connections":7}"#))
    calls.maxAttempts = 3
    let report = try await calls.lookUp(ConnectionQuery(filters: [], maxResults: 1))
    #expect(report.verdict == .notUnderstood)
    #expect(report.cause != nil)
    #expect(report.attempts.map(\.ending) == [.notUnderstood])
  }

  @Test("How it failed is told apart")
  func failures() async throws {
    let verdicts: [(FakeTransport.Answer, LookUpReport.Verdict)] = [
      (.error("AccessDeniedException", 403), .refused), (.error("InternalException", 500), .refused),
      (.failure(.notSent("refused")), .unreachable), (.failure(.unknownHost), .unreachable),
      (.failure(.timedOut), .timedOut), (.failure(.broken("reset")), .timedOut),
    ]
    for (answer, verdict) in verdicts {
      #expect(try await calls(answer).lookUp(ConnectionQuery(filters: [], maxResults: 1)).verdict == verdict)
    }
    var unsigned = calls(.found(status: "ACTIVE"))
    unsigned.credentials = FakeCredentials(.failure(CredentialsUnavailable("none")))
    #expect(try await unsigned.lookUp(ConnectionQuery(filters: [], maxResults: 1)).verdict == .noCredentials)
    var late = calls(.found(status: "ACTIVE"))
    late.deadline = Sample.start
    #expect(try await late.lookUp(ConnectionQuery(filters: [], maxResults: 1)).verdict == .tooLate)
    #expect(unsigned.transport.sent.isEmpty && late.transport.sent.isEmpty)
  }

  private static func page(_ ids: [String], next token: String?) -> FakeTransport.Answer {
    let connections = ids.map { #"{"ConnectionId":"\#($0)"}"# }.joined(separator: ",")
    return .status(200, #"{"Connections":[\#(connections)]"# + (token.map { #","NextToken":"\#($0)"}"# } ?? "}"))
  }

  @Test("One connection is looked for page by page, until it is found or there are no more")
  func pages() async throws {
    let id = try #require(ConnectionID(Sample.connectionID))
    for (pages, count) in [
      (
        [Self.page([], next: "1"), Self.page(["other-one-1"], next: "2"), Self.page([Sample.connectionID], next: "3")],
        3
      ),
      ([Self.page([Sample.connectionID], next: "1")], 1), ([Self.page(["other-one-1"], next: nil)], 1),
      ([Self.page([], next: "1"), Self.page([], next: nil)], 2),
    ] {
      let calls = Calls(FakeTransport([.rejected], lookUps: pages))
      let report = try await calls.lookUp(ConnectionQuery(id))
      if case .accepted = report.verdict {} else { Issue.record("\(report.verdict)") }
      #expect(report.attempts.count == count)
      let bodies = calls.transport.lookUps.map { String(decoding: $0.request.body, as: UTF8.self) }
      #expect(bodies.count == count)
      for (number, body) in bodies.enumerated() {
        #expect(body.hasPrefix(#"{"Filters":[{"Name":"connection-id","Values":["k0i3-xx0bz"]}],"MaxResults":1"#))
        #expect(body.hasSuffix(number == 0 ? "1}" : #","NextToken":"\#(number)"}"#))
      }
    }
  }

  @Test("A list without end is not understood")
  func endless() async throws {
    let calls = calls(Self.page(["other-one-1"], next: "again"))
    let report = try await calls.lookUp(ConnectionQuery(try #require(ConnectionID(Sample.connectionID))))
    #expect(report.verdict == .notUnderstood)
    #expect(report.attempts.count == calls.transport.lookUps.count)
  }

  @Test("A page that fails ends it, with the attempts of those before")
  func failingPage() async throws {
    let calls = Calls(
      FakeTransport([.rejected], lookUps: [Self.page([], next: "1"), .error("AccessDeniedException", 403)]))
    let report = try await calls.lookUp(ConnectionQuery(try #require(ConnectionID(Sample.connectionID))))
    #expect(report.verdict == .refused)
    #expect(report.answer.code == "AccessDeniedException")
    #expect(report.attempts.map(\.httpStatus) == [200, 403])
  }

  @Test("Where the time is over between two pages, it is AWS that took it")
  func lateBetweenPages() async throws {
    let time = TestClock()
    var calls = Calls(
      FakeTransport([.rejected], lookUps: [Self.page([], next: "1")]) { time.advance(.seconds(15)) })
    calls.time = time
    let report = try await calls.lookUp(ConnectionQuery(try #require(ConnectionID(Sample.connectionID))))
    #expect(report.verdict == .timedOut)
    #expect(report.attempts.map(\.httpStatus) == [200])
    #expect(report.accessKeyID == Sample.credentials.accessKeyID)
  }

  @Test("A list is passed on page by page, to whoever asked for it")
  func list() async throws {
    let calls = calls(Self.page(["other-one-1"], next: "again"))
    let report = try await calls.lookUp(ConnectionQuery(filters: [], maxResults: 1))
    guard case .accepted(let page) = report.verdict else { throw Unexpected(verdict: report.verdict) }
    #expect(page.nextToken == "again")
    #expect(calls.transport.lookUps.count == 1)
  }

  @Test("An id that is too long for AWS's filter is looked for among all", arguments: [100, 101, 256])
  func longID(length: Int) async throws {
    let id = String(repeating: "a", count: length)
    let calls = calls(Self.page([id], next: nil))
    let report = try await calls.lookUp(ConnectionQuery(try #require(ConnectionID(id))))
    if case .accepted = report.verdict {} else { Issue.record("\(report.verdict)") }
    let body = String(decoding: try #require(calls.transport.lookUps.first).request.body, as: UTF8.self)
    #expect(body.contains(id) == (length <= 100))
    if length > 100 { #expect(body == #"{"MaxResults":100}"#) }
  }

  @Test("doctor's probe asks for one connection, whichever")
  func probe() async throws {
    let calls = calls(.status(200, #"{"Connections":[]}"#))
    let report = await (try calls.client()).probe(deadline: calls.deadline)
    #expect(report.verdict == .accepted(ConnectionPage(connections: [])))
    #expect(calls.transport.sent.map(\.request.body) == [Array(#"{"MaxResults":1}"#.utf8)])
  }

  struct Unexpected: Error {
    let verdict: LookUpReport.Verdict
  }
}
