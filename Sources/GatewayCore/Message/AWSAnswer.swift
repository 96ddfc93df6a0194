/// What AWS said to a call, for the caller and the audit.
package struct AWSAnswer: Sendable, Equatable {
  /// AWS's error code; `nil` with a success, or when no answer came.
  package var code: String?
  package var message: String?
  package var requestID: String?
  package var httpStatus: Int?
  /// How many requests went to AWS, or tried to.
  package var attempts: Int

  package init(
    code: String? = nil, message: String? = nil, requestID: String? = nil, httpStatus: Int? = nil, attempts: Int
  ) {
    self.code = code
    self.message = message
    self.requestID = requestID
    self.httpStatus = httpStatus
    self.attempts = attempts
  }

  /// As a member of a problem document or an audit record.
  package func json(withMessage: Bool) -> JSON {
    .object([
      ("code", code.map(JSON.string)),
      ("message", withMessage ? message.map(JSON.string) : nil),
      ("requestId", requestID.map(JSON.string)),
      ("httpStatus", httpStatus.map { .integer(Int64($0)) }),
      ("attempts", .integer(Int64(attempts))),
    ])
  }
}
