import GatewayCore
import HTTPTypes
import Testing

@Suite("RejectCall")
struct RejectCallTests {
  @Test("A call without a body needs no media type and has no reason")
  func bare() throws {
    let call = try RejectCall(Sample.request(), id: Sample.connectionID, caller: Sample.caller)
    #expect(call.connectionID.description == Sample.connectionID)
    #expect(call.caller == Sample.caller)
    #expect(call.reason == nil)
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
    "A query parameter is refused and named, since leaving it out would do something else",
    arguments: [
      ("dryRun=true", "'dryRun'"), ("wait=30s&dryRun=true", "'wait'"), ("x", "'x'"), ("=", "The query isn't"),
      ("a%20b=1", "The query isn't"), ("<script>=1", "The query isn't"), ("&", "The query isn't"),
      (String(repeating: "n", count: 65), "The query isn't"),
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
