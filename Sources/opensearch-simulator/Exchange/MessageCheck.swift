import GatewayCore
import HTTPTypes

/// Looks at what the listener found out about a message.
enum MessageCheck {
  /// The request's body, which may be empty.
  ///
  /// - Throws: `Refusal` if the message can't be trusted to be one request, or if its body wasn't read.
  static func body(of request: Request) throws(Refusal) -> [UInt8] {
    if let violation = request.violation {
      throw Refusal(
        verdict: .malformed,
        error: AWSError(
          status: violation.code.status, code: "MalformedHttpRequestException", message: violation.detail))
    }
    switch request.body {
    case .complete(let body): return body
    case .tooLarge:
      throw Refusal(
        verdict: .bodyTooLarge,
        error: AWSError(
          status: .contentTooLarge, code: "RequestEntityTooLargeException",
          message: "The body is larger than \(Simulator.bodyLimit) bytes."))
    }
  }
}

extension Refusal {
  /// Whether the message itself is at fault, so that nothing behind it on the connection can be believed.
  var isAboutMessage: Bool {
    verdict == .malformed || verdict == .bodyTooLarge
  }
}
