import AWSCredentials
import AWSSettings
import Clocks
import GatewayCore
import HTTPTypes
import Synchronization

@testable import OpenSearchClient

/// A wire in a loop's own time: what the script says comes back after as long as it says, but not after the deadline.
final class VirtualTransport: HTTPTransport {
  typealias Answer = FakeTransport.Answer

  struct Reply: Sendable {
    let answer: Answer
    /// `nil` is never.
    let latency: Duration?

    init(_ answer: Answer, after latency: Duration? = .zero) {
      self.answer = answer
      self.latency = latency
    }

    /// The request is taken, and nothing comes back.
    static let stalled = Reply(.failure(.timedOut), after: nil)
  }

  private let loop: VirtualLoop
  private let script: @Sendable (UpstreamRequest) -> Reply
  private let ended: @Sendable (UpstreamRequest, Answer) -> Void

  /// - Parameters:
  ///   - script: what a request gets; asked when it is sent.
  ///   - ended: told what came of it, and when it came.
  init(
    _ loop: VirtualLoop, ended: @escaping @Sendable (UpstreamRequest, Answer) -> Void = { _, _ in },
    script: @escaping @Sendable (UpstreamRequest) -> Reply
  ) {
    self.loop = loop
    self.script = script
    self.ended = ended
  }

  func send(
    _ request: UpstreamRequest, deadline: MonotonicClock.Instant
  ) async throws(TransportFailure) -> UpstreamResponse {
    let answer = await answer(to: request, deadline)
    ended(request, answer)
    return try answer.get()
  }

  private func answer(to request: UpstreamRequest, _ deadline: MonotonicClock.Instant) async -> Answer {
    let left = deadline - loop.clock.now()
    // As CurlTransport does.
    guard left > .zero else { return .failure(.notSent("the deadline was over before a connection was made")) }
    let reply = script(request)
    guard let latency = reply.latency, latency < left else {
      await loop.sleep(left)
      return .failure(reply.answer.wasSent ? .timedOut : .notSent("no connection before the deadline"))
    }
    if latency > .zero { await loop.sleep(latency) }
    return reply.answer
  }
}

extension FakeTransport.Answer {
  var wasSent: Bool {
    switch self {
    case .failure(.notSent), .failure(.unknownHost): false
    default: true
    }
  }
}

extension UpstreamRequest {
  func value(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name }?.value
  }

  /// Which key signed it.
  var accessKeyID: String? {
    guard let authorization = value("authorization"), let start = authorization.firstRange(of: "Credential=") else {
      return nil
    }
    return authorization[start.upperBound...].split(separator: "/").first.map(String.init)
  }
}

extension APISender {
  /// One in a loop's own time.
  init(
    _ transport: any HTTPTransport, _ loop: VirtualLoop,
    credentials: any CredentialsProvider = FakeCredentials(.success(Sample.credentials)), skewClock: SkewClock? = nil,
    retrying: Retrying? = nil
  ) throws {
    let region = try Sample.region()
    self.init(
      region: region,
      endpoint: try Endpoint(.openSearch, region: region, environment: AWSEnvironment([:]), profile: nil),
      userAgent: "connection-gateway/test", credentials: credentials, transport: transport,
      skewClock: skewClock ?? SkewClock(loop.wallClock), clock: loop.clock,
      retrying: retrying ?? Retrying(maxAttempts: 3, quota: RetryQuota(), random: { 1 }, sleep: loop.sleep))
  }
}
