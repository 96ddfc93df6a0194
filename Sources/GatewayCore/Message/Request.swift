package import HTTPTypes

/// A request as the listener hands it over: the whole head, and the body if it was one we read.
///
/// A class, though nothing in it changes: it goes through every function of a call.
package final class Request: Sendable {
  /// The body, or why there is none.
  package enum Body: Sendable, Equatable {
    case complete([UInt8])
    /// More was announced than is ever read; none of it was.
    case tooLarge
  }

  package let id: RequestID
  package let method: String
  package let target: RequestTarget
  package let fields: HTTPFields
  package let body: Body
  package let client: Client
  /// Why the message can't be trusted to be one request; then only `id`, `target` and `client` mean anything.
  package let violation: FramingViolation?

  package init(
    id: RequestID, method: String, target: RequestTarget, fields: HTTPFields, body: Body, client: Client,
    violation: FramingViolation? = nil
  ) {
    self.id = id
    self.method = method
    self.target = target
    self.fields = fields
    self.body = body
    self.client = client
    self.violation = violation
  }
}
