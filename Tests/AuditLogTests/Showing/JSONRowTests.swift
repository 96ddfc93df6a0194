import Testing

@testable import AuditLog

@Suite("Audit show: JSON")
struct JSONRowTests {
  @Test("A call's row, member by member")
  func call() throws {
    let outcome =
      #""httpStatus":502,"code":"upstream_error","outcome":"unknown","aws":{"code":"InternalException","requestId":"x","#
      + #""httpStatus":500,"attempts":3},"tries":[{"operation":"a","ending":"b"}],"sharedWith":"s","accessKeyId":"AKIA","#
      + #""durationMs":143"#
    let shown = try Shown([ShowLine.intent(1, reason: "\\\"ü\\\\"), ShowLine.outcome(2, result: outcome)])
    #expect(
      shown.text == #"{"time":"2026-11-22T16:00:00.123456Z","seq":1,"state":"answered","requestId":"r","#
        + #""action":"connections.reject","connectionId":"c-0123456789","#
        + #""caller":{"token":"9f2c61d0a4b7","name":"runbook-eu"},"#
        + #""client":{"address":"10.1.2.3","peer":"127.0.0.1","userAgent":"curl/8.1"},"reason":"\"ü\\","httpStatus":502,"#
        + #""code":"upstream_error","outcome":"unknown","#
        + #""aws":{"code":"InternalException","requestId":"x","httpStatus":500,"attempts":3},"sharedWith":"s","#
        + #""accessKeyId":"AKIA","durationMs":143,"lastTime":"2026-11-22T16:00:01.123456Z","lastSeq":2}"# + "\n")
  }

  @Test("The rows of refusals and of what has no outcome")
  func others() throws {
    let shown = try Shown([ShowLine.denied(1), ShowLine.suppressed(2), ShowLine.intent(3)])
    #expect(
      shown.lines == [
        #"{"time":"2026-11-22T16:00:00.123456Z","seq":1,"state":"denied","requestId":"r","path":"/x",\#(ShowLine.client),"#
          + #""httpStatus":401,"code":"unauthenticated","outcome":"not_sent"}"#,
        #"{"time":"2026-11-22T16:00:00.123456Z","seq":2,"state":"suppressed","client":{"address":"10.9.9.9"},"count":17,"#
          + #""since":"2026-11-22T15:59:00.000000Z"}"#,
        #"{"time":"2026-11-22T16:00:00.123456Z","seq":3,"state":"open","requestId":"r",\#(ShowLine.call),"#
          + #""reason":"CHG-1234"}"#,
      ])
  }

  @Test("What isn't JSON in the log is JSON here", arguments: [#"\x"#, #"\ud800"#, #"\u00"#])
  func foreign(reason: String) throws {
    #expect(try Shown([ShowLine.intent(1, reason: reason)]).rows.map(\.reason) == [reason])
  }
}
