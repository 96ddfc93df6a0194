import GatewayCore
import HTTPTypes

/// What the service says to one call, in the rest-json form (Smithy, "AWS restJson1 protocol").
struct Reply: Sendable {
  let status: HTTPResponse.Status
  /// The error's code; `nil` for a success.
  let code: String?
  let body: JSON
  /// Whether the connection ends with it.
  let closesConnection: Bool
  /// Headers on top of the usual ones.
  var headers = HeaderEdits()

  /// A success.
  init(_ body: JSON) {
    status = .ok
    code = nil
    self.body = body
    closesConnection = false
  }

  /// An error: its code is in a header, its message in the body.
  init(_ error: AWSError, closesConnection: Bool = false) {
    status = error.status
    code = error.code
    body = .object([("message", .string(error.message))])
    self.closesConnection = closesConnection
  }

  /// As it goes over the wire.
  func response(requestID: String) -> Response {
    var response = Response.json(body, status: status)
    response.fields[.xAmznRequestID] = requestID
    response.fields[.xAmznErrorType] = code
    response.closesConnection = closesConnection
    return response
  }
}
