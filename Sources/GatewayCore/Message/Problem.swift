package import HTTPTypes

/// An error as the caller sees it (RFC 9457). Two problems of one code are the same problem to a program.
package struct Problem: Error, Sendable, Equatable {
  package let code: ProblemCode
  /// What happened, and what the caller can do. Says nothing of the gateway's own paths, hosts or keys.
  package let detail: String
  package var outcome: Outcome
  /// Only where AWS said something.
  package var aws: AWSAnswer?
  /// The connection as a look-up saw it, where there was one.
  package var connection: Connection?
  /// Headers that belong to the problem: `WWW-Authenticate`, `Allow`, `Retry-After`.
  package var fields: HTTPFields

  package init(
    _ code: ProblemCode, _ detail: String, outcome: Outcome = .notSent, aws: AWSAnswer? = nil,
    connection: Connection? = nil, fields: HTTPFields = [:]
  ) {
    self.code = code
    self.detail = detail
    self.outcome = outcome
    self.aws = aws
    self.connection = connection
    self.fields = fields
  }

  /// The `application/problem+json` response.
  package func response(requestID: RequestID) -> Response {
    let document = JSON.object([
      ("type", .string("urn:connection-gateway:problem:\(code.rawValue)")),
      ("title", .string(code.title)),
      ("status", .integer(Int64(code.status.code))),
      ("detail", .string(detail)),
      ("code", .string(code.rawValue)),
      ("requestId", .string(requestID.description)),
      ("outcome", .string(outcome.rawValue)),
      ("aws", aws.map { $0.json(withMessage: true) }),
      ("connection", connection?.json),
    ])
    var response = Response.json(document, status: code.status, contentType: "application/problem+json")
    response.fields.append(contentsOf: fields)
    response.code = code
    return response
  }
}
