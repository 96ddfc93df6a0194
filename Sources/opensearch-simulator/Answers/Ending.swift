import GatewayCore
import HTTPListener
import HTTPTypes

/// How a request ends, and what the log says of it.
struct Ending: Sendable {
  let answer: Answer
  /// How long the answer is held back.
  var delay: Duration?
  /// The status that the client sees; `nil` if it sees none.
  let status: Int?
  /// The error's code; `nil` for a success, and for what isn't an answer of the service.
  let code: String?
  /// The id that the client sees; `nil` if it sees none.
  let requestID: String?

  /// The client gets the reply, whole.
  static func whole(_ reply: Reply, requestID: String, after delay: Duration? = nil) -> Ending {
    Ending(
      answer: .response(reply.response(requestID: requestID)), delay: delay, status: reply.status.code,
      code: reply.code, requestID: requestID)
  }

  /// The connection is closed without an answer.
  static func cut(after delay: Duration? = nil) -> Ending {
    Ending(answer: .cut, delay: delay, status: nil, code: nil, requestID: nil)
  }
}
