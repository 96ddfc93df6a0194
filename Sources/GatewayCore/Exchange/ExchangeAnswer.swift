import HTTPTypes

/// An answer, as the caller and as the audit get it.
struct ExchangeAnswer {
  let response: Response
  let outcome: Outcome
  /// Where AWS said something.
  let aws: AWSAnswer?
  var auditResult: AuditResult

  /// A success.
  init<Success>(
    _ body: JSON, outcome: Outcome, report: UpstreamReport<Success>, sharedWith: RequestID? = nil
  ) {
    self.init(.json(body), code: nil, outcome: outcome, aws: report.answer, report: report, sharedWith: sharedWith)
  }

  /// A problem.
  init<Success>(
    _ problem: Problem, requestID: RequestID, report: UpstreamReport<Success>, sharedWith: RequestID? = nil
  ) {
    self.init(
      problem.response(requestID: requestID), code: problem.code, outcome: problem.outcome, aws: problem.aws,
      report: report, sharedWith: sharedWith)
  }

  private init<Success>(
    _ response: Response, code: ProblemCode?, outcome: Outcome, aws: AWSAnswer?, report: UpstreamReport<Success>,
    sharedWith: RequestID?
  ) {
    self.response = response
    self.outcome = outcome
    self.aws = aws
    auditResult = AuditResult(
      httpStatus: response.status.code, code: code, outcome: outcome, aws: report.answer, attempts: report.attempts,
      sharedWith: sharedWith, accessKeyID: report.accessKeyID)
  }
}

extension Problem {
  /// `audit_unavailable`. Why, the log and the readiness check say; the caller is told what became of the call.
  static func auditUnavailable(
    _ error: AuditUnavailable, outcome: Outcome = .notSent, aws: AWSAnswer? = nil, observer: any ExchangeObserver
  ) -> Problem {
    observer.auditFailed(error)
    let detail =
      switch outcome {
      case .notSent: "The gateway can't write its audit log, so nothing was sent. Tell whoever runs the gateway."
      case .rejected:
        "AWS took the reject, but the gateway couldn't write that to its audit log. Don't call again: tell whoever runs "
          + "the gateway."
      case .notRejected:
        "AWS was asked and nothing was rejected, but the gateway couldn't write that to its audit log. Tell whoever runs "
          + "the gateway."
      case .unknown:
        "It isn't known whether the connection was rejected, and the gateway couldn't write that to its audit log. "
          + "Look the connection up before trying again."
      }
    // A script obeys Retry-After without reading on, so it is there only where another call is the thing to do.
    return Problem(
      .auditUnavailable, detail, outcome: outcome, aws: aws, fields: outcome == .notSent ? [.retryAfter: "1"] : [:])
  }
}
