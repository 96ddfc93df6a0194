import FoundationEssentials
import GatewayCore
import HTTPTypes

/// Reads an error answer by the rules of the REST-JSON protocol (AWS.md, "Errors").
enum AWSErrorParser {
  /// A message that isn't JSON is shown as it is, up to so many characters.
  private static let rawMessageLimit = 256

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
      message: body == nil ? rawMessage(response.body) : body?.message ?? body?.capitalMessage,
      requestID: requestID(of: response), httpStatus: response.status, attempts: attempts)
  }

  /// The id that AWS's support asks for.
  static func requestID(of response: UpstreamResponse) -> String? {
    response.fields[.amznRequestID] ?? response.fields[.amzRequestID]
  }

  /// `com.amazonaws.es#ConflictException:http://…` is `ConflictException`: cut at the first colon, then what follows a
  /// number sign.
  private static func cleaned(_ code: String) -> String {
    let head = code.prefix(while: { $0 != ":" })
    return String(head.split(separator: "#", omittingEmptySubsequences: false).last ?? head)
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
