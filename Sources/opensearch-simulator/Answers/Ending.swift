import GatewayCore
import HTTPListener
import HTTPTypes

/// How a request ends, and what the log says of it.
struct Ending: Sendable {
  /// When the answer goes out.
  enum Delivery: Sendable {
    case now(Answer)
    case later(Duration, Answer)
  }

  let delivery: Delivery
  /// The status that the client sees; `nil` if it sees none.
  let status: Int?
  /// The error's code; `nil` for a success, and for what isn't an answer of the service.
  let code: String?
  /// The id that the client sees; `nil` if it sees none.
  let requestID: String?

  /// The client gets the reply, whole.
  static func whole(_ reply: Reply, requestID: String, after delay: Duration? = nil) -> Ending {
    let answer = Answer.response(reply.response(requestID: requestID))
    return Ending(
      delivery: delay.map { .later($0, answer) } ?? .now(answer), status: reply.status.code, code: reply.code,
      requestID: requestID)
  }

  /// Waits as long as it is to take, and gives the answer. The simulator's end cuts what waits.
  func answer(after waits: Waits) async -> Answer {
    switch delivery {
    case .now(let answer): answer
    case .later(let delay, let answer): await waits.wait(for: delay) ? answer : .cut
    }
  }
}
