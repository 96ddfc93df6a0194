import Clocks
import GatewayCore
import HTTPTypes
import Synchronization

/// Stands in for the wire: answers rejects and look-ups with what it is told to, the last one of each again and again, and
/// remembers what was to be sent.
final class FakeTransport: HTTPTransport {
  struct Sent: Sendable {
    let request: UpstreamRequest
    let deadline: MonotonicClock.Instant

    /// The one header of this name; `nil` if there is none, or more than one.
    func field(_ name: String) -> String? {
      let values = request.fields.filter { $0.name.lowercased() == name }
      return values.count == 1 ? values[0].value : nil
    }
  }

  typealias Answer = Result<UpstreamResponse, TransportFailure>

  private let rejectAnswers: [Answer]
  private let lookUpAnswers: [Answer]
  private let whileSending: @Sendable () -> Void
  private let list = Mutex<[Sent]>([])

  /// - Parameter lookUps: without any, a look-up finds no connection.
  init(
    _ rejects: [Answer], lookUps: [Answer] = [], whileSending: @escaping @Sendable () -> Void = {}
  ) {
    rejectAnswers = rejects
    lookUpAnswers = lookUps.isEmpty ? [.status(200, #"{"Connections":[]}"#)] : lookUps
    self.whileSending = whileSending
  }

  convenience init(_ result: Answer) {
    self.init([result])
  }

  /// Answers with a status, a body and headers.
  convenience init(_ status: Int, _ body: String, fields: HTTPFields = [.amznRequestID: "r-1"]) {
    self.init([.status(status, body, fields: fields)])
  }

  func send(_ request: UpstreamRequest, deadline: MonotonicClock.Instant) async throws(TransportFailure)
    -> UpstreamResponse
  {
    let number = list.withLock { list in
      list.append(Sent(request: request, deadline: deadline))
      return list.count { $0.request.method == request.method } - 1
    }
    whileSending()
    let answers = request.method == "PUT" ? rejectAnswers : lookUpAnswers
    return try answers[min(number, answers.count - 1)].get()
  }

  var sent: [Sent] {
    list.withLock { $0 }
  }

  var rejects: [Sent] { sent.filter { $0.request.method == "PUT" } }
  var lookUps: [Sent] { sent.filter { $0.request.method == "POST" } }
}

extension FakeTransport.Answer {
  static func status(_ status: Int, _ body: String, fields: HTTPFields = [.amznRequestID: "r-1"]) -> Self {
    .success(UpstreamResponse(status: status, fields: fields, body: Array(body.utf8)))
  }

  /// An error with this code.
  static func error(_ code: String, _ status: Int, fields: HTTPFields = [:]) -> Self {
    var fields = fields
    fields[.amznErrorType] = code
    fields[.amznRequestID] = "r-1"
    return .status(status, #"{"message":"m"}"#, fields: fields)
  }

  /// A page with the connection that the tests are about.
  static func found(status: String) -> Self {
    .status(
      200,
      #"{"Connections":[{"ConnectionId":"\#(Sample.connectionID)","ConnectionStatus":{"StatusCode":"\#(status)"}}]}"#)
  }
}

extension HTTPField.Name {
  static let amznErrorType = known("x-amzn-errortype")
  static let amznRequestID = known("x-amzn-RequestId")
  static let amzRequestID = known("x-amz-request-id")
}
