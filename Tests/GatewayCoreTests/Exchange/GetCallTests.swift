import GatewayCore
import HTTPTypes
import Testing

@Suite("GetCall")
struct GetCallTests {
  private func call(_ query: String, id: String = Sample.connectionID) throws -> GetCall {
    try GetCall(try Sample.request(method: "GET", target: "/connections/\(id)\(query)"), id: id, caller: Sample.caller)
  }

  @Test("It asks for one connection and takes no parameter", arguments: ["", "?", "?&"])
  func bare(_ query: String) throws {
    let call = try call(query)
    #expect(call.id.description == Sample.connectionID)
    #expect(call.connectionID == call.id)
    #expect(call.action.rawValue == "connections.get")
    #expect(call.reason == nil)
  }

  @Test(
    "Any parameter is refused and named",
    arguments: [("?x", "'x'"), ("?limit=1", "'limit'"), ("?dryRun=true", "'dryRun'")])
  func parameter(query: String, named: String) throws {
    let problem = try #require(throws: Problem.self) { try call(query) }
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains(named))
    #expect(problem.detail.contains("takes none"))
  }

  @Test(
    "An id that isn't one is refused, before the query is looked at",
    arguments: [
      "", "short", "C-1234567890", "c-12345678%30", "c-1234567890\n", "..", String(repeating: "a", count: 257),
    ])
  func id(_ id: String) throws {
    let problem = try #require(throws: Problem.self) { try call("?x", id: id) }
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains("connection id"))
  }
}
