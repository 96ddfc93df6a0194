import GatewayCore
import HTTPTypes
import Testing

@Suite("RejectCall")
struct RejectCallTests {
  @Test("A call without a body needs no media type and has no reason")
  func bare() throws {
    let call = try RejectCall(Sample.request(), id: Sample.connectionID, caller: Sample.caller)
    #expect(call.id.description == Sample.connectionID)
    #expect(call.caller == Sample.caller)
    #expect(call.reason == nil)
    #expect(call.mode == .send(wait: .zero))
    #expect(call.action == .reject)
  }

  @Test("A question mark with nothing after it is no query")
  func emptyQuery() throws {
    let request = try Sample.request(target: Sample.rejectTarget + "?")
    #expect(try RejectCall(request, id: Sample.connectionID, caller: Sample.caller).reason == nil)
  }

  @Test(
    "An id that isn't one is refused",
    arguments: ["", "short", "NOT-AN-ID-AT-ALL", "%2e%2e%2f%2e%2e%2f", String(repeating: "a", count: 257)])
  func id(_ id: String) throws {
    let problem = try refusal(try Sample.request(), id: id)
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains("connection id"))
  }

  @Test(
    "A query says what is done with the call",
    arguments: [
      ("dryRun=true", .dryRun), ("dryRun=false", .send(wait: .zero)), ("wait=30s", .send(wait: .seconds(30))),
      ("wait=60s", .send(wait: .seconds(60))), ("wait=1m", .send(wait: .seconds(60))),
      ("wait=0s", .send(wait: .zero)), ("wait=500ms&dryRun=false", .send(wait: .milliseconds(500))),
      ("dry%52un=true", .dryRun), ("wait=30s&dryRun=true", .dryRun), ("&", .send(wait: .zero)),
    ] as [(String, RejectCall.Mode)])
  func mode(query: String, mode: RejectCall.Mode) throws {
    let request = try Sample.request(target: "\(Sample.rejectTarget)?\(query)")
    let call = try RejectCall(request, id: Sample.connectionID, caller: Sample.caller)
    #expect(call.mode == mode)
    #expect(call.action == (mode == .dryRun ? .rejectDryRun : .reject))
  }

  @Test(
    "A query parameter that isn't right is refused and named, since leaving it out would do something else",
    arguments: [
      ("dryRun=yes", "'dryRun'"), ("dryRun=TRUE", "'dryRun'"), ("dryRun=", "'dryRun'"), ("dryRun", "'dryRun'"),
      ("dryRun=true&dryRun=true", "'dryRun'"), ("dryRun=true&dryRun=false", "'dryRun'"), ("wait=61s", "'wait'"),
      ("wait=2m", "'wait'"), ("wait=30", "'wait'"), ("wait=-1s", "'wait'"), ("wait=", "'wait'"),
      ("wait=1s&wait=1s", "'wait'"),
      ("x", "'x'"), ("dryrun=true", "'dryrun'"), ("=", "One of the query parameters isn't"),
      ("a%20b=1", "One of the query parameters isn't"), ("<script>=1", "The query isn't"), ("a=%zz", "The query isn't"),
      ("%3Cscript%3E=1", "One of the query parameters isn't"),
      (String(repeating: "n", count: 65), "One of the query parameters isn't"),
    ])
  func query(query: String, named: String) throws {
    let problem = try refusal(try Sample.request(target: "\(Sample.rejectTarget)?\(query)"))
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains(named))
  }

  @Test(
    "JSON is JSON whatever the media type's case and parameters",
    arguments: [
      "application/json", "Application/JSON", "application/json;charset=utf-8", "application/json ; charset=UTF-8",
      "application/json;", "application/json; a=\"b;c\"",
    ])
  func mediaType(_ mediaType: String) throws {
    let request = try Sample.request(json: "{\"reason\":\"a\"}", fields: [.contentType: mediaType])
    #expect(try RejectCall(request, id: Sample.connectionID, caller: Sample.caller).reason == "a")
  }

  @Test(
    "A body of another media type is refused, and so is one of none",
    arguments: [
      nil, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application", "json",
      "application/problem+json", "text/json", "application/json, text/plain", ";application/json", "appli cation/json",
    ])
  func otherMediaType(_ mediaType: String?) throws {
    var fields = HTTPFields()
    fields[.contentType] = mediaType
    let problem = try refusal(try Sample.request(json: "{}", fields: fields))
    #expect(problem.code == .unsupportedMediaType)
    #expect(problem.fields[.accept] == "application/json")
  }

  @Test("A body that is too large is refused unread")
  func tooLarge() throws {
    let request = try Sample.request(fields: [.contentType: "application/json"], body: .tooLarge)
    #expect(try refusal(request).code == .bodyTooLarge)
  }

  @Test("Of several things wrong, the first in the documented order is told: id, query, media type, size, JSON")
  func order() throws {
    let target = Sample.rejectTarget + "?x=1"
    let plain: HTTPFields = [.contentType: "text/plain"]
    #expect(
      try refusal(try Sample.request(target: target, fields: plain, body: .tooLarge), id: "X").detail.contains("id"))
    #expect(try refusal(try Sample.request(target: target, fields: plain, body: .tooLarge)).detail.contains("'x'"))
    #expect(try refusal(try Sample.request(fields: plain, body: .tooLarge)).code == .unsupportedMediaType)
    #expect(try refusal(try Sample.request(json: "{", fields: plain)).code == .unsupportedMediaType)
    #expect(try refusal(try Sample.request(json: "{")).code == .invalidRequest)
  }

  @Test("A reason has at most 512 characters, which are code points", arguments: ["r", "é", "😀", "\u{301}"])
  func reasonLimit(_ character: String) throws {
    let longest = String(repeating: character, count: 512)
    let request = try Sample.request(json: "{\"reason\":\"\(longest)\"}")
    let call = try RejectCall(request, id: Sample.connectionID, caller: Sample.caller)
    #expect(call.reason?.unicodeScalars.count == 512)
    let problem = try refusal(try Sample.request(json: "{\"reason\":\"\(longest)\(character)\"}"))
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains("512"))
  }

  private func refusal(_ request: Request, id: String = Sample.connectionID) throws -> Problem {
    let problem = try #require(throws: Problem.self) { try RejectCall(request, id: id, caller: Sample.caller) }
    #expect(problem.outcome == .notSent)
    return problem
  }
}
