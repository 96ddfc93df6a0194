package import Clocks
package import GatewayCore

/// Sends requests with libcurl: connections are kept and reused, TLS is verified, nothing is redirected, and no request
/// goes on the wire twice.
package struct CurlTransport: HTTPTransport {
  private let loop: EventLoop
  private let settings: CurlSettings

  package init(loop: EventLoop, settings: CurlSettings) {
    self.loop = loop
    self.settings = settings
  }

  package func send(
    _ request: UpstreamRequest, deadline: MonotonicClock.Instant
  ) async throws(TransportFailure) -> UpstreamResponse {
    let result = await withCheckedContinuation { completion in
      loop.begin(
        CurlTransfer(
          request: request, deadline: deadline, answerLimit: settings.answerLimit, completion: completion))
    }
    return try result.get()
  }
}
