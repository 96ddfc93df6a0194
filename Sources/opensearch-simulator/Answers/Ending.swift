import GatewayCore
import HTTPListener
import HTTPTypes

/// How a request ends, and what the log says of it.
struct Ending: Sendable {
  /// `nil` if the connection is closed without an answer.
  private(set) var response: Response?
  /// How many bytes of the body are sent before the connection is closed; `nil` for all of it.
  private(set) var bodyBytes: Int?
  /// What becomes of the answer's bytes on the wire.
  private(set) var tampering = AnswerTampering()
  /// How long the answer is held back.
  private var delay: Duration?
  /// The error's code; `nil` for a success, and for what isn't an answer of the service.
  private(set) var code: String?
  /// Headers that the answer gets on top of its own.
  private(set) var headers = HeaderEdits()

  /// The client gets the reply, whole.
  static func whole(_ reply: Reply, requestID: String, after delay: Duration? = nil) -> Ending {
    Ending(response: reply.response(requestID: requestID), delay: delay, code: reply.code, headers: reply.headers)
  }

  /// The client gets so many bytes of the reply's body; at least one is missing.
  static func cutMid(_ reply: Reply, bytes: Int, requestID: String) -> Ending {
    var ending = Ending.whole(reply, requestID: requestID)
    ending.bodyBytes = ending.response.map { min(bytes, $0.body.count - 1) }
    return ending
  }

  /// Something happens to the reply on its way.
  static func tampered(_ reply: Reply, _ fault: WireFault, neverWhole: Bool, requestID: String) -> Ending {
    var ending = Ending.whole(reply, requestID: requestID)
    ending.tampering = AnswerTampering(fault: fault, isNeverWhole: neverWhole)
    return ending
  }

  /// The client gets something that no operation of the service answers.
  static func foreign(_ response: Response) -> Ending {
    Ending(response: response)
  }

  /// The connection is closed without an answer.
  static let cut = Ending()

  /// Nothing is ever answered, and the connection stays open. The relay sees to that; where there is none, the answer is
  /// held back for longer than any client waits.
  static let stall = Ending(tampering: AnswerTampering(fault: .stall(at: 0)), delay: .seconds(86_400))

  /// How long the listener waits for the answer.
  func delay(isRelayed: Bool) -> Duration? {
    isRelayed && response == nil ? nil : delay
  }

  /// The same, with the headers that every answer gets now; what the ending says itself of a header counts more.
  func with(_ others: HeaderEdits) -> Ending {
    var ending = self
    ending.headers = headers.over(others)
    guard response != nil else { return ending }
    ending.tampering.dropsDate = ending.headers.dropsDate
    return ending
  }

  /// What the listener has to send.
  var answer: Answer {
    guard var response else { return .cut }
    headers.apply(to: &response.fields)
    // The relay does its work at the end of the connection.
    if response.closesConnection || tampering.isNeeded {
      // Before all others: libmicrohttpd 0.9.75 forgets at this header that it was given a `Date`, and adds its own.
      response.fields = [.connection: "close"] + response.fields
      response.closesConnection = false
    }
    return bodyBytes.map { .cutShort(response, bodyBytes: $0) } ?? .response(response)
  }

  /// The status that the client sees; `nil` if it sees none.
  var status: Int? {
    tampering.showsStatus ? response?.status.code : nil
  }

  /// The code that the client may see.
  var visibleCode: String? {
    status == nil ? nil : code
  }

  /// The id that the client may see; `nil` if it sees none.
  var requestID: String? {
    guard status != nil else { return nil }
    return headers.values[.xAmznRequestID] ?? response?.fields[.xAmznRequestID]
  }
}
