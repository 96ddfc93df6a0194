import Clocks
import GatewayCore
import HTTPTypes
import Synchronization

/// Stands in for the wire: answers what it is told to, and remembers what was to be sent.
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

  private let result: Result<UpstreamResponse, TransportFailure>
  private let list = Mutex<[Sent]>([])

  init(_ result: Result<UpstreamResponse, TransportFailure>) {
    self.result = result
  }

  /// Answers with a status, a body and headers.
  convenience init(_ status: Int, _ body: String, fields: HTTPFields = [.amznRequestID: "r-1"]) {
    self.init(.success(UpstreamResponse(status: status, fields: fields, body: Array(body.utf8))))
  }

  func send(_ request: UpstreamRequest, deadline: MonotonicClock.Instant) async throws(TransportFailure)
    -> UpstreamResponse
  {
    list.withLock { $0.append(Sent(request: request, deadline: deadline)) }
    return try result.get()
  }

  var sent: [Sent] {
    list.withLock { $0 }
  }
}

extension HTTPField.Name {
  static let amznErrorType = known("x-amzn-errortype")
  static let amznRequestID = known("x-amzn-RequestId")
  static let amzRequestID = known("x-amz-request-id")
}
