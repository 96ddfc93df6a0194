import GatewayCore
import HTTPTypes

/// Makes a request end the way a fault wants it.
struct FaultInjection {
  /// `nil` for a request that fares well.
  let fault: Fault?
  /// Whether a success would say that a connection's state changes.
  let isReject: Bool
  let requestID: String

  private static let page = """
    <html>
    <head><title>502 Bad Gateway</title></head>
    <body><center><h1>502 Bad Gateway</h1></center></body>
    </html>

    """

  /// - Parameter perform: gives the call's answer; carries the call out if it is told so.
  func ending(perform: (_ applies: Bool) -> Reply) -> Ending {
    let applies = fault?.applies ?? true
    switch fault?.kind {
    case nil, .date, .lag: return .whole(perform(true), requestID: requestID)
    case .slow(let delay): return .whole(perform(true), requestID: requestID, after: delay)
    case .throttle(let headers): return error(.throttling, headers)
    case .error(let error, let headers):
      if applies { _ = perform(true) }
      return self.error(error, headers)
    case .html:
      if applies { _ = perform(true) }
      return html()
    case .stall:
      if applies { _ = perform(true) }
      return .stall
    case .cut:
      _ = perform(applies)
      return .cut
    case .cutMid(let bytes): return .cutMid(perform(applies), bytes: bytes, requestID: requestID)
    case .garbage:
      _ = perform(applies)
      return success(Array("{\"Connection\": <this is not JSON".utf8))
    case .empty:
      _ = perform(applies)
      return success([])
    case .wire(let fault):
      let reply = perform(applies)
      return .tampered(
        reply, fault, neverWhole: isReject && !applies && reply.code == nil, requestID: requestID)
    }
  }

  private func error(_ error: AWSError, _ headers: HeaderEdits) -> Ending {
    var reply = Reply(error)
    reply.headers = headers
    return .whole(reply, requestID: requestID)
  }

  /// A front end's answer: the service never saw the request, so it has none of the service's headers.
  private func html() -> Ending {
    .foreign(
      Response(
        status: .badGateway, fields: [.contentType: "text/html"], body: Array(Self.page.utf8), closesConnection: true))
  }

  /// A success with a body that no success of the service has.
  private func success(_ body: [UInt8]) -> Ending {
    var response = Reply(.object([])).response(requestID: requestID)
    response.body = body
    return .foreign(response)
  }
}
