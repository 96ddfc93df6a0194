package import GatewayCore

/// How a request ends on the wire.
package enum Answer: Sendable {
  case response(Response)
  /// The connection is closed with no answer. Only the stand-in for AWS does this.
  case cut
  /// The whole body is announced, so many bytes of it are sent, and the connection is closed. Only the stand-in for AWS
  /// does this.
  case cutShort(Response, bodyBytes: Int)

  /// The same, and the connection ends with it.
  var closingConnection: Answer {
    guard case .response(var response) = self else { return self }
    response.closesConnection = true
    return .response(response)
  }
}
