import AWSCredentials
import AWSSettings
import Clocks
import GatewayCore
import Synchronization
import Testing

@testable import OpenSearchClient

/// A clock that goes on when someone sleeps, or a test says so.
final class TestClock: Sendable {
  private let passed = Mutex(Duration.zero)
  private let slept = Mutex<[Duration]>([])

  var clock: MonotonicClock { MonotonicClock { [self] in Sample.start + passed.withLock { $0 } } }
  var sleeps: [Duration] { slept.withLock { $0 } }

  func advance(_ duration: Duration) {
    passed.withLock { $0 += duration }
  }

  @Sendable func sleep(_ duration: Duration) async {
    slept.withLock { $0.append(duration) }
    advance(duration)
  }
}

/// Makes one call with everything around it faked.
struct Calls {
  var transport: FakeTransport
  var credentials = FakeCredentials(.success(Sample.credentials))
  var region = "eu-west-1"
  var endpointURL: String?
  var wallClock = WallClock.fixed(Timestamp(seconds: 0))
  var time = TestClock()
  var maxAttempts = 1
  var quota = RetryQuota()
  /// From 0 to 1.
  var random = 1.0
  var deadline = Sample.start + .seconds(15)

  init(_ transport: FakeTransport) {
    self.transport = transport
  }

  func client() throws -> OpenSearchClient {
    let region = try Sample.region(region)
    var variables: [String: String] = [:]
    variables["AWS_ENDPOINT_URL_OPENSEARCH"] = endpointURL
    return OpenSearchClient(
      region: region,
      endpoint: try Endpoint(.openSearch, region: region, environment: AWSEnvironment(variables), profile: nil),
      userAgent: "connection-gateway/test", credentials: credentials, transport: transport,
      skewClock: SkewClock(wallClock), clock: time.clock,
      retrying: Retrying(maxAttempts: maxAttempts, quota: quota, random: { [random] in random }, sleep: time.sleep))
  }

  func reject(_ connectionID: String = Sample.connectionID) async throws -> RejectionReport {
    let id = try #require(ConnectionID(connectionID))
    let receipt = try await Sample.receipt()
    return await (try client()).reject(id, under: receipt, deadline: deadline)
  }

  func lookUp(_ query: ConnectionQuery) async throws -> LookUpReport {
    let permit = try await Sample.receipt().lookUpPermit
    return await (try client()).lookUp(query, permit: permit, deadline: deadline)
  }
}
