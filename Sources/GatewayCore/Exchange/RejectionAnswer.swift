import HTTPTypes

/// The answer to a reject, as the caller and as the audit get it.
struct RejectionAnswer {
  let response: Response
  let outcome: Outcome
  /// Where AWS said something.
  let aws: AWSAnswer?
  let auditResult: AuditResult

  init(_ report: RejectionReport, requestID: RequestID) {
    let code: ProblemCode?
    do {
      let connection = try RejectionTranslation.connection(from: report)
      outcome = .rejected
      aws = report.answer
      code = nil
      response = .json(
        .object([
          ("connection", connection.json),
          ("requestId", .string(requestID.description)),
          ("awsRequestId", report.answer.requestID.map(JSON.string)),
          ("attempts", .integer(Int64(report.answer.attempts))),
        ]))
    } catch {
      outcome = error.outcome
      aws = error.aws
      code = error.code
      response = error.response(requestID: requestID)
    }
    auditResult = AuditResult(
      httpStatus: response.status.code, code: code, outcome: outcome, aws: report.answer,
      accessKeyID: report.accessKeyID)
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
      case .rejected: "AWS took the reject, but the gateway couldn't write that to its audit log."
      case .notRejected: "AWS refused the reject, and the gateway couldn't write that to its audit log."
      case .unknown:
        "It isn't known whether the connection was rejected, and the gateway couldn't write that to its audit log. "
          + "Look the connection up in AWS before trying again."
      }
    return Problem(.auditUnavailable, detail, outcome: outcome, aws: aws, fields: [.retryAfter: "1"])
  }
}
