import GatewayCore
import HTTPTypes
import Testing

@Suite("ListCall")
struct ListCallTests {
  private func call(_ query: String) throws -> ListCall {
    let request = try Sample.request(method: "GET", target: "/connections?\(query)")
    return try ListCall(request, caller: Sample.caller, restrictions: .none)
  }

  @Test("Without a query it is everything, up to 100 at a time", arguments: ["/connections", "/connections?"])
  func bare(_ target: String) throws {
    let call = try ListCall(
      try Sample.request(method: "GET", target: target), caller: Sample.caller, restrictions: .none)
    #expect(call.limit == 100)
    #expect(call.status == nil && call.nextToken == nil && call.filters.isEmpty)
    #expect(call.connectionID == nil && call.reason == nil)
    #expect(call.action.rawValue == "connections.list")
    #expect(call.caller == Sample.caller)
  }

  @Test("Domains are AWS's filters by AWS's names; the status is the gateway's own")
  func filters() throws {
    let call = try call("remoteDomain=archive&status=ACTIVE&localDomain=logs-eu")
    #expect(call.status == "ACTIVE")
    #expect(
      call.filters.map { "\($0.name)=\($0.value)" }
        == ["local-domain-info.domain-name=logs-eu", "remote-domain-info.domain-name=archive"])
  }

  @Test("A parameter may be percent-encoded", arguments: ["status=%41CTIVE", "st%61tus=ACTIVE", "status=ACTIVE&"])
  func encoded(_ query: String) throws {
    #expect(try call(query).status == "ACTIVE")
  }

  @Test(
    "A limit is a number from 1 to 100", arguments: [("1", 1), ("50", 50), ("100", 100), ("007", 7), ("%31", 1)])
  func limit(text: String, limit: Int) throws {
    #expect(try call("limit=\(text)").limit == limit)
  }

  @Test(
    "A parameter that isn't right is refused and named",
    arguments: [
      ("limit=0", "'limit'"), ("limit=101", "'limit'"), ("limit=-1", "'limit'"), ("limit=+1", "'limit'"),
      ("limit=1.0", "'limit'"), ("limit=1e1", "'limit'"), ("limit=ten", "'limit'"), ("limit=%D9%A1", "'limit'"),
      ("limit=99999999999999999999", "'limit'"), ("limit=%00", "'limit'"), ("limit=1%20", "'limit'"),
      ("limit=", "'limit'"), ("limit", "'limit'"), ("limit=%FF", "'limit'"),
      ("status=", "'status'"), ("status=A%20B", "'status'"), ("status=a%0Ab", "'status'"),
      ("status=%C3%A9", "'status'"),
      ("status=\(String(repeating: "S", count: 65))", "'status'"), ("status=%00", "'status'"),
      ("localDomain=a.b", "'localDomain'"), ("localDomain=%22", "'localDomain'"),
      ("localDomain=\(String(repeating: "d", count: 29))", "'localDomain'"), ("remoteDomain=a/b", "'remoteDomain'"),
      ("remoteDomain", "'remoteDomain'"), ("cursor=", "'cursor'"), ("cursor=x", "'cursor'"),
      ("limit=1&limit=1", "'limit'"), ("status=A&limit=1&status=A", "'status'"), ("status=A&st%61tus=B", "'status'"),
      ("region=eu-west-1", "'region'"), ("Limit=1", "'Limit'"), ("dryRun=true", "'dryRun'"), ("x&limit=1", "'x'"),
      ("x=%FF", "'x'"), ("%FF=1", "One of the query parameters"), ("%FF", "One of the query parameters"),
      ("limit=1&%C0%80", "One of the query parameters"), ("=1", "One of the query parameters"),
      ("l%69mit%00=1", "One of the query parameters"), ("limit=%", "query"), ("limit=%1", "query"),
      ("limit=%GG", "query"), ("limit[]=1", "query"), ("a%3Db=1", "One of the query parameters"),
    ])
  func refused(query: String, named: String) throws {
    let problem = try #require(throws: Problem.self, "\(query)") { try call(query) }
    #expect(problem.code == .invalidRequest)
    #expect(problem.outcome == .notSent)
    #expect(problem.detail.contains(named), "\(problem.detail)")
  }

  @Test("What a caller calls a parameter shows no token, and nothing that isn't plain text")
  func redaction() throws {
    let token = Sample.token.exposed
    for query in ["\(token)=1", "limit=\(token)", "cursor=\(token)", "status=\(token).", "x=1&%1B%5B31m=1"] {
      let problem = try #require(throws: Problem.self) { try call(query) }
      #expect(!problem.detail.contains(token.dropFirst(4)), "\(query)")
      #expect(!problem.detail.contains("\u{1B}"))
    }
  }

  @Test("A cursor is good for the same filters, in any order and with any limit")
  func cursor() throws {
    let first = try call("status=ACTIVE&localDomain=logs-eu&limit=10")
    let cursor = first.cursor(after: "next").text
    #expect(try call("localDomain=logs-eu&cursor=\(cursor)&status=%41CTIVE").nextToken == "next")
    #expect(try call("localDomain=logs-eu&cursor=\(cursor)&status=ACTIVE&limit=7").nextToken == "next")
  }

  @Test(
    "A cursor is good for no other filters",
    arguments: [
      "", "status=ACTIVE", "localDomain=logs-eu", "status=ACTIVE&remoteDomain=logs-eu",
      "status=ACTIVE&localDomain=logs", "status=REJECTED&localDomain=logs-eu",
      "status=ACTIVE&localDomain=logs-eu&remoteDomain=x", "status=logs-eu&localDomain=ACTIVE",
    ])
  func otherFilters(_ query: String) throws {
    let cursor = try call("status=ACTIVE&localDomain=logs-eu").cursor(after: "next").text
    let problem = try #require(throws: Problem.self) { try call("\(query)&cursor=\(cursor)") }
    #expect(problem.detail.contains("'cursor'"))
  }
}
