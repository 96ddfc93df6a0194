package import Clocks
package import HTTPTypes

/// Sends one HTTP request and waits for its answer. `CurlTransport` does it with libcurl.
package protocol HTTPTransport: Sendable {
  /// Puts the request on the wire at most once.
  ///
  /// - Throws: `TransportFailure`, which tells whether anything can have been sent.
  func send(_ request: UpstreamRequest, deadline: MonotonicClock.Instant) async throws(TransportFailure)
    -> UpstreamResponse
}

/// A request to AWS.
package struct UpstreamRequest: Sendable {
  package let method: String
  /// Scheme and host, and the path and query, if there is no `target`.
  package let url: String
  /// What stands on the request line, to the letter; `nil` if the URL says it.
  package let target: String?
  /// Every header that is sent but `Content-Length`.
  package let fields: [(name: String, value: String)]
  package let body: [UInt8]

  package init(
    method: String, url: String, target: String? = nil, fields: [(name: String, value: String)], body: [UInt8]
  ) {
    self.method = method
    self.url = url
    self.target = target
    self.fields = fields
    self.body = body
  }
}

/// The whole answer of AWS.
package struct UpstreamResponse: Sendable, Equatable {
  package let status: Int
  package let fields: HTTPFields
  package let body: [UInt8]

  package init(status: Int, fields: HTTPFields, body: [UInt8]) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// Why there is no answer.
package enum TransportFailure: Error, Sendable, Equatable {
  /// No connection could be made: the request never left. The text is for the log.
  case notSent(String)
  /// The host's name leads to no address; the request never left.
  case unknownHost
  /// It was sent; the deadline passed without a whole answer.
  case timedOut
  /// It may have been sent; the connection broke, or what came back isn't HTTP or is far too large.
  case broken(String)
}
