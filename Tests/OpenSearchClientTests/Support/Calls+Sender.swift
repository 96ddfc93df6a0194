import AWSSettings
import Clocks
import GatewayCore
import HTTPTypes
import Testing

@testable import OpenSearchClient

extension Calls {
  /// What signs and sends, without what the client makes of it.
  func sender(sleep: (@Sendable (Duration) async -> Void)? = nil) throws -> APISender {
    let region = try Sample.region(region)
    return APISender(
      region: region,
      endpoint: try Endpoint(.openSearch, region: region, environment: AWSEnvironment([:]), profile: nil),
      userAgent: "connection-gateway/test", credentials: credentials, transport: transport,
      skewClock: SkewClock(wallClock), clock: time.clock,
      retrying: Retrying(
        maxAttempts: maxAttempts, quota: quota, random: { [random] in random }, sleep: sleep ?? time.sleep))
  }

  /// Sends one reject.
  func send() async throws -> SentCall {
    let id = try #require(ConnectionID(Sample.connectionID))
    return await (try sender()).send(.reject(id), deadline: deadline)
  }
}

extension FakeTransport.Answer {
  /// A reject that AWS took.
  static var rejected: Self {
    .status(200, #"{"Connection":{"ConnectionId":"\#(Sample.connectionID)"}}"#)
  }

  static func retryAfter(_ text: String) -> Self {
    .error("InternalException", 500, fields: [.amzRetryAfter: text])
  }
}

extension HTTPField.Name {
  static let amzRetryAfter = known("x-amz-retry-after")
}

extension SentCall {
  var response: UpstreamResponse? {
    if case .success(let response) = ending { response } else { nil }
  }

  var error: AWSAnswer? {
    if case .error(let answer) = ending { answer } else { nil }
  }
}
