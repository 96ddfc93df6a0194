import FoundationEssentials
import GatewayCore
import HTTPTypes

/// Reads an error answer by the rules of the REST-JSON protocol (AWS.md, "Errors").
enum AWSErrorParser {
  /// A message that isn't JSON is shown as it is, up to so many characters.
  private static let rawMessageLimit = 256
  /// What else is taken over is cut to this: it goes to the caller, the log and the audit.
  private static let messageLimit = 2048
  private static let nameLimit = 128

  private struct Body: Decodable {
    private enum CodingKeys: String, CodingKey {
      case code, capitalCode = "Code", type = "__type", message, capitalMessage = "Message"
    }

    let code: String?
    let capitalCode: String?
    let type: String?
    let message: String?
    let capitalMessage: String?
  }

  /// The code, the message and the request id of `response`.
  static func answer(from response: UpstreamResponse, attempts: Int) -> AWSAnswer {
    let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
    let code = response.fields[.amznErrorType] ?? body?.code ?? body?.capitalCode ?? body?.type
    return AWSAnswer(
      code: code.map(cleaned) ?? (body == nil ? String(response.status) : nil),
      message: body.map { ($0.message ?? $0.capitalMessage).map { String($0.prefix(messageLimit)) } }
        ?? rawMessage(response.body),
      requestID: requestID(of: response), httpStatus: response.status, attempts: attempts)
  }

  /// The id that AWS's support asks for.
  static func requestID(of response: UpstreamResponse) -> String? {
    (response.fields[.amznRequestID] ?? response.fields[.amzRequestID]).map { String($0.prefix(nameLimit)) }
  }

  /// `com.amazonaws.es#ConflictException:http://…` is `ConflictException`: cut at the first colon, then what follows a
  /// number sign.
  private static func cleaned(_ code: String) -> String {
    let head = code.prefix(while: { $0 != ":" })
    let name = head.split(separator: "#", omittingEmptySubsequences: false).last ?? head
    return String(name.prefix(nameLimit))
  }

  private static func rawMessage(_ body: [UInt8]) -> String? {
    body.isEmpty ? nil : String(String(decoding: body, as: UTF8.self).prefix(rawMessageLimit))
  }
}

extension HTTPField.Name {
  fileprivate static let amznErrorType = known("x-amzn-errortype")
  fileprivate static let amznRequestID = known("x-amzn-requestid")
  fileprivate static let amzRequestID = known("x-amz-request-id")
}
