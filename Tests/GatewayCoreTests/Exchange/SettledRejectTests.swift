import GatewayCore
import HTTPTypes
import Testing

/// What callers and the audit get of rejects that look-ups settled, or didn't.
@Suite("Settled rejects")
struct SettledRejectTests {
  private static let validation = AWSAnswer(
    code: "ValidationException", message: "said by AWS", requestID: "r-1", httpStatus: 400, attempts: 1)
  private static let invalid = Attempt(
    operation: .reject, ending: .answered, code: "ValidationException", requestID: "r-1", httpStatus: 400)
  private static let lost = Attempt(operation: .reject, ending: .noAnswer)
  private static let looked = Attempt(operation: .lookUp, ending: .answered, requestID: "l-1", httpStatus: 200)
  private static let denied = Attempt(
    operation: .lookUp, ending: .answered, code: "AccessDeniedException", requestID: "l-1", httpStatus: 403)
  private static let pending = Sample.connection(status: "PENDING_ACCEPTANCE")
  private static let active = Sample.connection(status: "ACTIVE")

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let report: RejectionReport
    let code: ProblemCode
    let outcome: Outcome
    var showsAWS = true
  }

  static let rows = [
    Row(
      testDescription: "invalid, and there is no such connection",
      report: .with(.settled(.notFound), validation, attempts: [invalid, looked]), code: .connectionNotFound,
      outcome: .notRejected),
    Row(
      testDescription: "invalid, and its state is at fault",
      report: .with(.settled(.notRejectable), validation, attempts: [invalid, looked], connection: active),
      code: .connectionNotRejectable, outcome: .notRejected),
    Row(
      testDescription: "invalid, and its state isn't at fault",
      report: .with(.refused, validation, attempts: [invalid, looked], connection: pending),
      code: .upstreamValidation, outcome: .notRejected),
    Row(
      testDescription: "invalid, and the look-up isn't permitted",
      report: .with(.refused, validation, attempts: [invalid, denied]), code: .upstreamValidation,
      outcome: .notRejected),
    Row(
      testDescription: "no answer, and the look-up shows no rejection",
      report: .with(.timedOut, AWSAnswer(attempts: 1), attempts: [lost, looked], connection: pending),
      code: .upstreamTimeout, outcome: .unknown, showsAWS: false),
    Row(
      testDescription: "no answer, and the look-up isn't permitted",
      report: .with(.timedOut, AWSAnswer(attempts: 1), attempts: [lost, denied]), code: .upstreamTimeout,
      outcome: .unknown, showsAWS: false),
    Row(
      testDescription: "an answer that wasn't understood, and the look-up shows no rejection",
      report: .with(.notUnderstood, attempts: [invalid, looked], connection: active), code: .upstreamError,
      outcome: .unknown),
  ]

  @Test("The answer says what the look-up left it at, and shows the connection where one was seen", arguments: rows)
  func answer(_ row: Row) throws {
    let fixture = SimulatedGateway { $0.rejecting = { _, _, _ in row.report } }
    let response = try fixture.respond(Sample.rejectTarget)
    let members = try response.members()
    #expect(response.status == row.code.status)
    #expect(members["code"] == .string(row.code.rawValue))
    #expect(members["outcome"] == .string(row.outcome.rawValue))
    #expect(members["connection"]?["status"] == row.report.connection?.status.map { .string($0) })
    #expect((members["aws"] != nil) == row.showsAWS)
    #expect(members["aws"]?["code"] == (row.showsAWS ? row.report.answer.code.map { .string($0) } : nil))
  }

  @Test("The record of the outcome has the reject's own answer and every look-up", arguments: rows)
  func record(_ row: Row) throws {
    let fixture = SimulatedGateway { $0.rejecting = { _, _, _ in row.report } }
    _ = try fixture.respond(Sample.rejectTarget)
    let result = try #require(fixture.journal.records.last?.result)
    #expect(result.code == row.code)
    #expect(result.outcome == row.outcome)
    #expect(result.aws == row.report.answer)
    #expect(result.attempts == row.report.attempts)
  }

  @Test("What AWS said of the request is passed on, and a look-up that isn't permitted doesn't hide it")
  func hidesNothing() throws {
    for row in Self.rows where row.report.answer.message != nil {
      let fixture = SimulatedGateway { $0.rejecting = { _, _, _ in row.report } }
      let response = try fixture.respond(Sample.rejectTarget)
      #expect(response.text.contains("AWS says: said by AWS"), "\(row.testDescription)")
      #expect(!response.text.contains("AccessDenied"))
    }
  }

  @Test("A rejection that only a look-up shows is a 200 with that connection", arguments: ["REJECTING", "REJECTED"])
  func confirmed(_ status: String) throws {
    let connection = Sample.connection(status: status)
    let fixture = SimulatedGateway {
      $0.rejecting = { _, _, _ in
        .with(
          .confirmed(connection), AWSAnswer(attempts: 2), attempts: [Self.lost, Self.lost, Self.looked],
          connection: connection)
      }
    }
    let response = try fixture.respond(Sample.rejectTarget)
    #expect(
      response.text
        == #"{"connection":{"id":"c-1234567890","status":"\#(status)"},"requestId":"request-1","attempts":2}"#)
    let result = try #require(fixture.journal.records.last?.result)
    #expect(result.outcome == .rejected)
    #expect(result.code == nil)
    #expect(result.attempts == [Self.lost, Self.lost, Self.looked])
  }
}
