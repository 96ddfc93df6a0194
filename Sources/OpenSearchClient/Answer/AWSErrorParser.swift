import GatewayCore
import HTTPTypes

/// Reads an error answer by the rules of the REST-JSON protocol (Smithy, "AWS restJson1 protocol", "Operation error serialization").
enum AWSErrorParser {
  /// A message that isn't JSON is shown as it is, up to so many characters.
  private static let rawMessageLimit = 256
  /// What else is taken over is cut to this: it goes to the caller, the log and the audit.
  private static let messageLimit = 2048
  private static let nameLimit = 128

  /// The code, the message and the request id of `response`.
  ///
  /// - Parameter redact: takes secrets out of the message, before it is cut and a part of one is all that is left.
  static func answer(
    from response: UpstreamResponse, attempts: Int, redact: (String) -> String = { $0 }
  ) -> AWSAnswer {
    let json = JSON(reading: response.body)
    let members: JSON? = if case .members = json { json } else { nil }
    func text(_ names: String...) -> String? {
      for name in names {
        if case .string(let text) = members?[name] { return text }
      }
      return nil
    }
    let code = response.fields.first(.amznErrorType) ?? text("code", "Code", "__type")
    let raw = response.body.isEmpty ? nil : String(decoding: response.body, as: UTF8.self)
    let message = (members == nil ? raw : text("message", "Message")).map(redact)
    return AWSAnswer(
      code: code.map(cleaned) ?? (members == nil ? String(response.status) : nil),
      message: message.map { cut($0, to: members == nil ? rawMessageLimit : messageLimit) },
      requestID: requestID(of: response), httpStatus: response.status, attempts: attempts)
  }

  private static func cut(_ text: String, to limit: Int) -> String {
    text.utf8.count <= limit ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
  }

  /// The id that AWS's support asks for.
  static func requestID(of response: UpstreamResponse) -> String? {
    (response.fields.first(.amznRequestID) ?? response.fields.first(.amzRequestID)).map { cut($0, to: nameLimit) }
  }

  /// `com.amazonaws.es#ConflictException:http://…` is `ConflictException`: cut at the first colon, then what follows a
  /// number sign.
  private static func cleaned(_ code: String) -> String {
    // Code points: to Swift, a number sign and a mark behind it are one character, and no number sign.
    let head = code.unicodeScalars.prefix(while: { $0 != ":" })
    let name = head.split(separator: "#", omittingEmptySubsequences: false).last ?? head
    return cut(String(name), to: nameLimit)
  }
}

extension HTTPField.Name {
  fileprivate static let amznErrorType = known("x-amzn-errortype")
  fileprivate static let amznRequestID = known("x-amzn-requestid")
  fileprivate static let amzRequestID = known("x-amz-request-id")
}
