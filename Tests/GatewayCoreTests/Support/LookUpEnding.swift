import GatewayCore
import Testing

/// A way for a look-up to end, and what comes of it (the contract, `LookUpBadGateway` and its like).
struct LookUpEnding: Sendable, CustomTestStringConvertible {
  let name: String
  let report: LookUpReport
  let status: Int
  var code: ProblemCode?
  /// Of a problem; a success has none that a caller sees.
  var outcome = Outcome.notRejected
  var showsAWS = true
  var retryAfter = false

  var testDescription: String { name }

  /// What comes of it where a list was asked for: it has no connection that could be missing.
  var ofList: LookUpEnding {
    guard code == .connectionNotFound else { return self }
    return LookUpEnding(name: name, report: report, status: 422, code: .upstreamValidation)
  }

  static let success = LookUpEnding(
    name: "success", report: .page([Sample.connection(status: "PENDING_ACCEPTANCE")]), status: 200)

  static let problems = [
    LookUpEnding(
      name: "not found", report: .refused("ResourceNotFoundException", 409), status: 404, code: .connectionNotFound),
    LookUpEnding(
      name: "a filter AWS doesn't take", report: .refused("ValidationException"), status: 422,
      code: .upstreamValidation),
    LookUpEnding(
      name: "an operation that is off", report: .refused("DisabledOperationException", 409), status: 422,
      code: .upstreamValidation),
    LookUpEnding(
      name: "throttled", report: .refused("ThrottlingException"), status: 503, code: .upstreamThrottled,
      retryAfter: true),
    LookUpEnding(
      name: "no rights", report: .refused("AccessDeniedException", 403), status: 502, code: .upstreamDenied),
    LookUpEnding(name: "AWS failed", report: .refused("InternalException", 500), status: 502, code: .upstreamError),
    LookUpEnding(
      name: "an answer that isn't understood",
      report: .with(.notUnderstood, AWSAnswer(requestID: "l-1", httpStatus: 200, attempts: 1)), status: 502,
      code: .upstreamError),
    LookUpEnding(
      name: "a broken connection", report: .with(.notUnderstood, AWSAnswer(attempts: 1)), status: 502,
      code: .upstreamError, showsAWS: false),
    LookUpEnding(
      name: "no answer in time", report: .with(.timedOut, AWSAnswer(attempts: 1)), status: 504,
      code: .upstreamTimeout, showsAWS: false),
    LookUpEnding(
      name: "never sent", report: .with(.unreachable, AWSAnswer(attempts: 1)), status: 502,
      code: .upstreamUnreachable, outcome: .notSent, showsAWS: false),
    LookUpEnding(
      name: "no credentials", report: .with(.noCredentials, AWSAnswer(attempts: 0)), status: 503,
      code: .credentialsUnavailable, outcome: .notSent, showsAWS: false),
    LookUpEnding(
      name: "no time left", report: .with(.tooLate, AWSAnswer(attempts: 0)), status: 503, code: .auditUnavailable,
      outcome: .notSent, showsAWS: false, retryAfter: true),
  ]

  static let all = [success] + problems
}
