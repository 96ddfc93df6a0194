import HTTPTypes

/// Turns what came of a look-up into what the caller is told. No look-up rejects anything: its `outcome` is `not_rejected`
/// where AWS was asked, and `not_sent` where it wasn't.
package enum LookUpTranslation {
  /// What AWS says of a cursor it doesn't take.
  private static let badTokenCode = "InvalidPaginationTokenException"

  /// The page that AWS gave.
  ///
  /// - Throws: the problem that the report amounts to.
  package static func page(from report: LookUpReport) throws(Problem) -> ConnectionPage {
    try page(from: report, isOfOne: false)
  }

  /// - Parameter isOfOne: whether a connection was asked for that AWS may not know.
  private static func page(from report: LookUpReport, isOfOne: Bool) throws(Problem) -> ConnectionPage {
    switch report.verdict {
    case .accepted(let page), .confirmed(let page): return page
    case .refused where report.answer.code == badTokenCode:
      throw Problem(
        .invalidRequest, "The cursor isn't good any more. Begin again without one.", outcome: .notRejected,
        aws: report.answer)
    case .refused: throw refusal(report, AWSErrorClass(code: report.answer.code), isOfOne: isOfOne)
    case .settled(let settled): throw refusal(report, settled, isOfOne: isOfOne)
    case .notUnderstood:
      throw Problem(
        .upstreamError, "AWS's answer wasn't understood. Try again.", outcome: .notRejected,
        aws: report.answer.httpStatus == nil ? nil : report.answer)
    case .unreachable:
      throw Problem(
        .upstreamUnreachable,
        "No connection to AWS could be made. Try again; if it goes on, tell whoever runs the gateway.")
    case .timedOut:
      throw Problem(.upstreamTimeout, "No whole answer of AWS came back. Try again.", outcome: .notRejected)
    case .noCredentials:
      throw Problem(
        .credentialsUnavailable, "The gateway has no usable AWS credentials. Tell whoever runs the gateway.")
    case .tooLate:
      throw Problem(
        .auditUnavailable, "Writing the audit log took longer than the request may take. Try again.",
        fields: [.retryAfter: "1"])
    }
  }

  /// The one connection that was asked for.
  ///
  /// - Throws: `connection_not_found`, or the problem that the report amounts to.
  package static func connection(_ id: ConnectionID, from report: LookUpReport) throws(Problem) -> Connection {
    let page = try page(from: report, isOfOne: true)
    guard let connection = page.connections.first(where: { $0.id == id.description }) else {
      throw notFound(report)
    }
    return connection
  }

  private static func notFound(_ report: LookUpReport) -> Problem {
    Problem(
      .connectionNotFound,
      "No such inbound connection in \(report.region), the region that was asked. A connection lives in the account and "
        + "region of its destination domain, not of its source.",
      outcome: .notRejected, aws: report.answer)
  }

  private static func refusal(_ report: LookUpReport, _ errorClass: AWSErrorClass, isOfOne: Bool) -> Problem {
    let said = report.answer.quotation
    switch errorClass {
    case .notFound where isOfOne: return notFound(report)
    case .notFound, .notRejectable, .validation:
      return Problem(
        .upstreamValidation, "AWS refused the request as invalid." + said, outcome: .notRejected, aws: report.answer)
    case .throttled:
      return Problem(
        .upstreamThrottled, "AWS takes no more calls for now. Try again in a few seconds.", outcome: .notRejected,
        aws: report.answer,
        fields: [.retryAfter: "2"])
    case .denied:
      return Problem(
        .upstreamDenied,
        "AWS refused the gateway's own credentials or rights. Your token is fine: tell whoever runs the gateway."
          + said,
        outcome: .notRejected, aws: report.answer)
    case .other: return Problem(.upstreamError, "AWS failed." + said, outcome: .notRejected, aws: report.answer)
    }
  }
}
