/// One request to AWS, sent or tried, for the outcome record.
package struct Attempt: Sendable, Equatable {
  /// What was asked.
  package enum Operation: String, Sendable {
    case reject
    case lookUp = "look_up"
  }

  /// How it ended.
  package enum Ending: String, Sendable {
    /// An answer came and was understood, be it an error.
    case answered
    /// An answer came, and it isn't one of the service's.
    case notUnderstood = "not_understood"
    /// It was sent, or may have been, and no whole answer came.
    case noAnswer = "no_answer"
    /// Provably nothing was sent.
    case notSent = "not_sent"
  }

  package let operation: Operation
  package let ending: Ending
  package let code: String?
  package let requestID: String?
  package let httpStatus: Int?

  package init(
    operation: Operation, ending: Ending, code: String? = nil, requestID: String? = nil, httpStatus: Int? = nil
  ) {
    self.operation = operation
    self.ending = ending
    self.code = code
    self.requestID = requestID
    self.httpStatus = httpStatus
  }

  /// Whether AWS may have done what was asked without our knowing it.
  package var isAmbiguous: Bool {
    switch ending {
    case .noAnswer, .notUnderstood: true
    case .notSent: false
    // An error may come without a code: a front end's page, or a body that was lost.
    case .answered: !isSuccess && AWSErrorClass(code: code) == .other
    }
  }

  private var isSuccess: Bool {
    httpStatus.map((200..<300).contains) ?? false
  }

  /// As it stands in the outcome record.
  package var json: JSON {
    .object([
      ("operation", .string(operation.rawValue)),
      ("ending", .string(ending.rawValue)),
      ("code", code.map(JSON.string)),
      ("requestId", requestID.map(JSON.string)),
      ("httpStatus", httpStatus.map { .integer(Int64($0)) }),
    ])
  }
}
