import GatewayCore
import HTTPTypes
import Testing

@Suite("LookUpTranslation")
struct LookUpTranslationTests {
  private func problem(from report: LookUpReport) throws -> Problem {
    let id = try #require(ConnectionID(Sample.connection.id))
    return try #require(throws: Problem.self) { try LookUpTranslation.connection(id, from: report) }
  }

  @Test(
    "Every ending has the code, the status and the outcome of the contract: a look-up rejects nothing, and where AWS was asked, it says so",
    arguments: LookUpEnding.problems)
  func endings(_ ending: LookUpEnding) throws {
    let problem = try problem(from: ending.report)
    #expect(problem.code == ending.code)
    #expect(problem.code.status.code == ending.status)
    #expect(problem.outcome == ending.outcome)
    #expect(problem.aws == (ending.showsAWS ? ending.report.answer : nil))
    #expect((problem.fields[.retryAfter] != nil) == ending.retryAfter)
    #expect(!problem.detail.contains("AKIDEXAMPLE"))
  }

  @Test("A list has no connection that could be missing: what AWS doesn't find of it is a request that it refuses")
  func listNotFound() throws {
    let problem = try #require(throws: Problem.self) {
      try LookUpTranslation.page(from: .refused("ResourceNotFoundException", 409))
    }
    #expect(problem.code == .upstreamValidation)
    #expect(problem.outcome == .notRejected)
  }

  @Test("A page is what AWS showed")
  func page() throws {
    let report = LookUpReport.page([Sample.connection], nextToken: "next")
    let expected = ConnectionPage(connections: [Sample.connection], nextToken: "next")
    #expect(try LookUpTranslation.page(from: report) == expected)
  }

  @Test("A token that AWS doesn't take any more is the caller's cursor, which is no good")
  func badToken() throws {
    let problem = try problem(from: .refused("InvalidPaginationTokenException"))
    #expect(problem.code == .invalidRequest)
    #expect(problem.detail.contains("cursor"))
  }

  @Test("What AWS says is passed on, and a front end's page is not part of the sentence")
  func message() throws {
    for code in ["ValidationException", "AccessDeniedException", "InternalException"] {
      #expect(try problem(from: .refused(code)).detail.contains("said by AWS"))
    }
    let page = AWSAnswer(code: "502", message: "<html>Bad Gateway</html>", httpStatus: 502, attempts: 1)
    let problem = try problem(from: .with(.refused, page))
    #expect(!problem.detail.contains("<html>"))
    #expect(problem.aws == page)
  }

  @Test("The one connection is the one with the id that was asked for, and no other")
  func one() throws {
    let id = try Sample.connectionID()
    let other = Sample.connection("c-another-one", status: "ACTIVE")
    #expect(try LookUpTranslation.connection(id, from: .page([other, Sample.connection])) == Sample.connection)
    for connections in [[], [other]] {
      let problem = try #require(throws: Problem.self) {
        try LookUpTranslation.connection(id, from: .page(connections))
      }
      #expect(problem.code == .connectionNotFound)
      #expect(problem.outcome == .notRejected)
      #expect(problem.detail.contains("eu-west-1") && problem.detail.contains("destination"))
    }
  }
}
