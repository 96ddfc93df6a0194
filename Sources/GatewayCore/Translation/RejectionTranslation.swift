import HTTPTypes

/// Turns what came of a reject into what the caller is told.
package enum RejectionTranslation {
  /// The connection that AWS took the reject for.
  ///
  /// - Throws: the problem that the report amounts to.
  package static func connection(from report: RejectionReport) throws(Problem) -> Connection {
    switch report.verdict {
    case .accepted(let connection), .confirmed(let connection): return connection
    case .refused: throw refusal(report, AWSErrorClass(code: report.answer.code))
    case .settled(let settled): throw refusal(report, settled)
    case .notUnderstood:
      // With a code, it was AWS that failed.
      let what = report.answer.code == nil ? "AWS's answer wasn't understood or broke off" : "AWS failed"
      throw Problem(
        .upstreamError,
        "\(what), so it isn't known whether the connection was rejected. Look it up before trying again."
          + report.answer.quotation,
        outcome: .unknown, aws: report.answer.httpStatus == nil ? nil : report.answer, connection: report.connection)
    case .unreachable:
      throw Problem(
        .upstreamUnreachable,
        "No connection to AWS could be made, so nothing was sent. Try again; if it goes on, tell whoever runs the gateway."
      )
    case .timedOut:
      throw Problem(
        .upstreamTimeout,
        "The reject was sent, but no whole answer of AWS came back, so it isn't known whether the connection was "
          + "rejected. Look it up before trying again.",
        outcome: .unknown, aws: report.answer.httpStatus == nil ? nil : report.answer, connection: report.connection)
    case .noCredentials:
      throw Problem(
        .credentialsUnavailable,
        "The gateway has no usable AWS credentials, so nothing was sent. Tell whoever runs the gateway.")
    case .tooLate:
      throw Problem(
        .auditUnavailable,
        "Writing the audit log took longer than the request may take, so nothing was sent. Try again.",
        fields: [.retryAfter: "1"])
    }
  }

  private static func refusal(_ report: RejectionReport, _ errorClass: AWSErrorClass) -> Problem {
    let said = report.answer.quotation
    switch errorClass {
    case .notFound:
      return Problem(
        .connectionNotFound,
        "No such inbound connection in \(report.region), the region that was asked. A connection lives in the account "
          + "and region of its destination domain, not of its source." + said,
        outcome: .notRejected, aws: report.answer)
    case .notRejectable:
      return Problem(
        .connectionNotRejectable,
        (isAboutState(report)
          ? "The connection can't be rejected in its present state." : "AWS refused to reject the connection.") + said,
        outcome: .notRejected, aws: report.answer, connection: report.connection)
    case .validation:
      return Problem(
        .upstreamValidation, "AWS refused the request as invalid." + said, outcome: .notRejected, aws: report.answer,
        connection: report.connection)
    case .throttled:
      return Problem(
        .upstreamThrottled, "AWS takes no more calls for now. Try again in a few seconds.",
        outcome: .notRejected, aws: report.answer, fields: [.retryAfter: "2"])
    case .denied:
      return Problem(
        .upstreamDenied,
        "AWS refused the gateway's own credentials or rights. Your token is fine: tell whoever runs the gateway."
          + said,
        outcome: .notRejected, aws: report.answer)
    case .other:
      return Problem(
        .upstreamError,
        "AWS failed, so it isn't known whether the connection was rejected. Look it up before trying again."
          + said,
        outcome: .unknown, aws: report.answer)
    }
  }

  /// Whether the connection's state is at fault, and no limit or conflict of AWS's.
  private static func isAboutState(_ report: RejectionReport) -> Bool {
    if case .settled = report.verdict { return true }
    return report.answer.code == "DisabledOperationException"
  }
}

extension AWSAnswer {
  /// What AWS says, as the end of a sentence of ours; empty if it was no answer of the service.
  var quotation: String {
    // Without a code it is a front end's page, which stands in `aws.message`.
    let isPage = code == httpStatus.map(String.init)
    return isPage ? "" : message.map { " AWS says: \($0)" } ?? ""
  }
}
