import GatewayCore
import HTTPTypes
import Testing

@Suite("RejectionTranslation")
struct RejectionTranslationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let report: RejectionReport
    let code: ProblemCode
    let status: Int
    let outcome: Outcome
    var showsAWS = false
    var retryAfter = false

    var testDescription: String { name }
  }

  /// The contract, from AWS's answers down.
  static let rows = [
    Row(
      name: "not found", report: refused("ResourceNotFoundException", 409), code: .connectionNotFound, status: 404,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "not found, as the guide has it", report: refused("ResourceNotFoundException", 400),
      code: .connectionNotFound, status: 404, outcome: .notRejected, showsAWS: true),
    Row(
      name: "not rejectable", report: refused("DisabledOperationException", 409), code: .connectionNotRejectable,
      status: 409, outcome: .notRejected, showsAWS: true),
    Row(
      name: "conflict", report: refused("ConflictException", 409), code: .connectionNotRejectable, status: 409,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "a quota", report: refused("LimitExceededException", 409), code: .connectionNotRejectable, status: 409,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "invalid type", report: refused("InvalidTypeException", 409), code: .connectionNotRejectable, status: 409,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "validation", report: refused("ValidationException", 400), code: .upstreamValidation, status: 422,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "throttled with 400", report: refused("ThrottlingException", 400), code: .upstreamThrottled, status: 503,
      outcome: .notRejected, showsAWS: true, retryAfter: true),
    Row(
      name: "throttled with 429", report: refused("TooManyRequestsException", 429), code: .upstreamThrottled,
      status: 503,
      outcome: .notRejected, showsAWS: true, retryAfter: true),
    Row(
      name: "validation, and no such connection", report: settled(.notFound), code: .connectionNotFound, status: 404,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "validation, and the connection is in another state", report: settled(.notRejectable),
      code: .connectionNotRejectable, status: 409, outcome: .notRejected, showsAWS: true),
    Row(
      name: "failures alone, which a look-up didn't settle",
      report: Sample.report(
        .notUnderstood,
        AWSAnswer(code: "InternalException", message: "said by AWS", httpStatus: 500, attempts: 3)),
      code: .upstreamError, status: 502, outcome: .unknown, showsAWS: true),
    Row(
      name: "an error after an attempt without an answer",
      report: Sample.report(
        .timedOut, AWSAnswer(code: "DisabledOperationException", httpStatus: 409, attempts: 2)),
      code: .upstreamTimeout, status: 504, outcome: .unknown, showsAWS: true),
    Row(
      name: "no rights", report: refused("AccessDeniedException", 403), code: .upstreamDenied, status: 502,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "a wrong signature", report: refused("InvalidSignatureException", 403), code: .upstreamDenied, status: 502,
      outcome: .notRejected, showsAWS: true),
    Row(
      name: "AWS failed", report: refused("InternalException", 500), code: .upstreamError, status: 502,
      outcome: .unknown, showsAWS: true),
    Row(
      name: "409 with a new code", report: refused("BrandNewException", 409), code: .upstreamError, status: 502,
      outcome: .unknown, showsAWS: true),
    Row(
      name: "an answer that isn't understood",
      report: Sample.report(.notUnderstood, AWSAnswer(requestID: "r-1", httpStatus: 200, attempts: 1), cause: "inside"),
      code: .upstreamError, status: 502, outcome: .unknown, showsAWS: true),
    Row(
      name: "a broken connection", report: Sample.report(.notUnderstood, cause: "inside"), code: .upstreamError,
      status: 502, outcome: .unknown),
    Row(
      name: "never sent", report: Sample.report(.unreachable, cause: "inside"), code: .upstreamUnreachable, status: 502,
      outcome: .notSent),
    Row(
      name: "no answer in time", report: Sample.report(.timedOut), code: .upstreamTimeout, status: 504,
      outcome: .unknown),
    Row(
      name: "no credentials", report: Sample.report(.noCredentials, AWSAnswer(attempts: 0), cause: "inside"),
      code: .credentialsUnavailable, status: 503, outcome: .notSent),
    Row(
      name: "no time left after the audit", report: Sample.report(.tooLate, AWSAnswer(attempts: 0)),
      code: .auditUnavailable, status: 503, outcome: .notSent, retryAfter: true),
  ]

  @Test("Every ending has the code, the status and the outcome of the contract", arguments: rows)
  func endings(_ row: Row) throws {
    let problem = try problem(from: row.report)
    #expect(problem.code == row.code)
    #expect(problem.code.status.code == row.status)
    #expect(problem.outcome == row.outcome)
    #expect(problem.aws == (row.showsAWS ? row.report.answer : nil))
    #expect((problem.fields[.retryAfter] != nil) == row.retryAfter)
  }

  @Test("What the gateway knows of itself is not shown", arguments: rows)
  func inside(_ row: Row) throws {
    let detail = try problem(from: row.report).detail
    #expect(!detail.contains("inside"))
    #expect(!detail.contains("AKIDEXAMPLE"))
  }

  @Test(
    "What isn't known says that the connection has to be looked up", arguments: rows.filter { $0.outcome == .unknown })
  func unknown(_ row: Row) throws {
    #expect(try problem(from: row.report).detail.contains("Look"))
  }

  @Test("What was never sent says so", arguments: rows.filter { $0.outcome == .notSent })
  func notSent(_ row: Row) throws {
    #expect(try problem(from: row.report).detail.contains("nothing was sent"))
  }

  @Test("A success is the connection that AWS tells of")
  func success() throws {
    #expect(try RejectionTranslation.connection(from: Sample.report(.accepted(Sample.connection))) == Sample.connection)
    #expect(
      try RejectionTranslation.connection(from: Sample.report(.confirmed(Sample.connection))) == Sample.connection)
  }

  @Test("A 404 says which region was asked, and whose region it has to be")
  func region() throws {
    let detail = try problem(from: Self.refused("ResourceNotFoundException", 409)).detail
    #expect(detail.contains("eu-west-1"))
    #expect(detail.contains("destination"))
  }

  @Test(
    "What AWS says is passed on",
    arguments: [
      "ResourceNotFoundException", "DisabledOperationException", "ValidationException", "AccessDeniedException", "X",
    ])
  func message(_ code: String) throws {
    #expect(try problem(from: Self.refused(code, 400)).detail.contains("said by AWS"))
  }

  @Test("The connection is shown as a look-up saw it, where it didn't settle the matter and where it did")
  func connection() throws {
    let verdicts: [RejectionReport.Verdict] = [.settled(.notRejectable), .notUnderstood, .timedOut]
    for verdict in verdicts {
      #expect(try problem(from: Sample.report(verdict, connection: Sample.connection)).connection == Sample.connection)
    }
  }

  private static func settled(_ errorClass: AWSErrorClass) -> RejectionReport {
    Sample.report(
      .settled(errorClass),
      AWSAnswer(code: "ValidationException", message: "said by AWS", httpStatus: 400, attempts: 1))
  }

  private static func refused(_ code: String, _ status: Int) -> RejectionReport {
    Sample.report(
      .refused, AWSAnswer(code: code, message: "said by AWS", requestID: "r-1", httpStatus: status, attempts: 1))
  }

  private func problem(from report: RejectionReport) throws -> Problem {
    try #require(throws: Problem.self) { try RejectionTranslation.connection(from: report) }
  }
}
