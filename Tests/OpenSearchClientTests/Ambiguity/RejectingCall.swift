import AWSCredentials
import AWSSettings
import Clocks
import GatewayCore
import Testing

@testable import OpenSearchClient

/// A reject by the whole client, in a loop's own time.
struct RejectingCall: Sendable {
  let loop: VirtualLoop
  let client: OpenSearchClient

  init(
    _ transport: any HTTPTransport, _ loop: VirtualLoop, maxAttempts: Int = 3,
    random: @escaping @Sendable () -> Double = { 1 }
  ) throws {
    self.loop = loop
    let region = try Sample.region()
    client = OpenSearchClient(
      region: region,
      endpoint: try Endpoint(.openSearch, region: region, environment: AWSEnvironment([:]), profile: nil),
      userAgent: "connection-gateway/test", credentials: FakeCredentials(.success(Sample.credentials)),
      transport: transport, skewClock: SkewClock(loop.wallClock), clock: loop.clock,
      retrying: Retrying(maxAttempts: maxAttempts, quota: RetryQuota(), random: random, sleep: loop.sleep))
  }

  func run(timeout: Duration) throws -> RejectionReport {
    let id = try #require(ConnectionID(Sample.connectionID))
    return try loop.run {
      let receipt = try await Sample.receipt()
      return await client.reject(id, under: receipt, deadline: loop.start + timeout)
    }
  }
}
