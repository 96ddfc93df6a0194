/// Why a message is refused before anything in it is believed: two readers could take it for two things.
package struct FramingViolation: Error, Sendable, Equatable {
  /// The problem it becomes: `invalid_request`, `headers_too_large` or `not_implemented`.
  package let code: ProblemCode
  /// A sentence for whoever wrote the client.
  package let detail: String

  package init(_ detail: String, code: ProblemCode = .invalidRequest) {
    self.code = code
    self.detail = detail
  }
}
