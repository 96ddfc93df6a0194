import GatewayCore
import HTTPListener
import HTTPTypes

/// Makes a request end the way a fault wants it.
enum FaultInjection {
  private static let page = """
    <html>
    <head><title>502 Bad Gateway</title></head>
    <body><center><h1>502 Bad Gateway</h1></center></body>
    </html>

    """

  /// Longer than any client waits.
  private static let aDay = Duration.seconds(86_400)

  /// - Parameters:
  ///   - fault: `nil` for a request that fares well.
  ///   - perform: carries the call out. It is called unless the fault stands in the call's way.
  static func ending(_ fault: FaultKind?, requestID: String, perform: () -> Reply) -> Ending {
    switch fault {
    case nil: return .whole(perform(), requestID: requestID)
    case .throttle: return .whole(Reply(.throttling), requestID: requestID)
    case .error(let error): return .whole(Reply(error), requestID: requestID)
    case .html: return html()
    case .stall: return .cut(after: aDay)
    case .cut:
      _ = perform()
      return .cut()
    case .cutMid(let bytes): return cutMid(perform(), bytes: bytes, requestID: requestID)
    case .garbage:
      _ = perform()
      return success(Array("{\"Connection\": <this is not JSON".utf8), requestID: requestID)
    case .empty:
      _ = perform()
      return success([], requestID: requestID)
    case .slow(let delay): return .whole(perform(), requestID: requestID, after: delay)
    }
  }

  /// A front end's answer: the service never saw the request, so it has none of the service's headers.
  private static func html() -> Ending {
    let response = Response(
      status: .badGateway, fields: [.contentType: "text/html"], body: Array(page.utf8), closesConnection: true)
    return Ending(answer: .response(response), status: response.status.code, code: nil, requestID: nil)
  }

  private static func cutMid(_ reply: Reply, bytes: Int, requestID: String) -> Ending {
    let response = reply.response(requestID: requestID)
    // At least one byte has to be missing.
    let answer = Answer.cutShort(response, bodyBytes: min(bytes, response.body.count - 1))
    return Ending(answer: answer, status: reply.status.code, code: reply.code, requestID: requestID)
  }

  /// A success with a body that no success of the service has.
  private static func success(_ body: [UInt8], requestID: String) -> Ending {
    var response = Reply(.object([])).response(requestID: requestID)
    response.body = body
    return Ending(
      answer: .response(response), status: response.status.code, code: nil, requestID: requestID)
  }
}
