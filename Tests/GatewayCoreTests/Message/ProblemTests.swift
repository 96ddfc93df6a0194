import GatewayCore
import HTTPTypes
import Testing

@Suite("Problem")
struct ProblemTests {
  @Test("A problem is written with the members of the contract, in its order")
  func document() throws {
    let response = Problem(.invalidRequest, "Say it otherwise.").response(requestID: try Sample.requestID())
    #expect(
      response.text
        == #"{"type":"urn:connection-gateway:problem:invalid_request","title":"Invalid request","status":400,"#
        + #""detail":"Say it otherwise.","code":"invalid_request","requestId":"request-1","outcome":"not_sent"}"#)
    #expect(response.status == .badRequest)
    #expect(response.fields[.contentType] == "application/problem+json")
  }

  @Test("What AWS said is a member of it, message included")
  func aws() throws {
    let answer = AWSAnswer(code: "X", message: "m", requestID: "r", httpStatus: 409, attempts: 1)
    let response = Problem(.connectionNotFound, "Gone.", outcome: .notRejected, aws: answer)
      .response(requestID: try Sample.requestID())
    #expect(
      response.text.hasSuffix(
        #""outcome":"not_rejected","aws":{"code":"X","message":"m","requestId":"r","httpStatus":409,"attempts":1}}"#))
  }

  @Test("Headers that belong to the problem go with it")
  func fields() throws {
    let problem = Problem(.overloaded, "Later.", fields: [.retryAfter: "1", .allow: "GET"])
    let response = problem.response(requestID: try Sample.requestID())
    #expect(response.fields[.retryAfter] == "1")
    #expect(response.fields[.allow] == "GET")
  }

  @Test(
    "Every outcome has the contract's word",
    arguments: [
      (Outcome.notSent, "not_sent"), (.notRejected, "not_rejected"), (.rejected, "rejected"), (.unknown, "unknown"),
    ])
  func outcomes(outcome: Outcome, word: String) throws {
    let response = Problem(.upstreamError, "?", outcome: outcome).response(requestID: try Sample.requestID())
    #expect(try response.members()["outcome"] == .string(word))
  }
}
