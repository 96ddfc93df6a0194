import Clocks
import GatewayCore
import HTTPTypes
import Synchronization

/// A transport that never leaves the process: a test says what each request gets.
final class FakeTransport: HTTPTransport {
  typealias Answer = Result<UpstreamResponse, TransportFailure>

  private let seen = Mutex<[(request: UpstreamRequest, deadline: MonotonicClock.Instant)]>([])
  private let answer: @Sendable (UpstreamRequest, Int) -> Answer

  /// - Parameter answer: gets the request and its number, from 0.
  init(_ answer: @escaping @Sendable (UpstreamRequest, Int) -> Answer) {
    self.answer = answer
  }

  /// Nobody may ask anything.
  static var none: FakeTransport { FakeTransport { _, _ in .failure(.notSent("there is no network in this test")) } }

  var requests: [UpstreamRequest] { seen.withLock { $0.map(\.request) } }
  var deadlines: [MonotonicClock.Instant] { seen.withLock { $0.map(\.deadline) } }

  func send(
    _ request: UpstreamRequest, deadline: MonotonicClock.Instant
  ) async throws(TransportFailure) -> UpstreamResponse {
    let number = seen.withLock { seen in
      seen.append((request, deadline))
      return seen.count - 1
    }
    return try answer(request, number).get()
  }
}

extension FakeTransport.Answer {
  static func status(_ status: Int, _ body: String = "") -> Self {
    .success(UpstreamResponse(status: status, fields: HTTPFields(), body: Array(body.utf8)))
  }
}

extension UpstreamRequest {
  /// The value of a field, its name in any case.
  func field(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  var text: String { String(decoding: body, as: UTF8.self) }
}
