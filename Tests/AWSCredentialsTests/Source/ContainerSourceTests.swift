import Clocks
import GatewayCore
import SigV4
import Testing

@testable import AWSCredentials

struct ContainerSourceTests {
  private static let body =
    #"{"RoleArn":"arn","AccessKeyId":"TASK","SecretAccessKey":"hidden","Token":"token","Expiration":"2026-11-22T18:00:00Z"}"#
  private static let full = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:81/creds"]

  @Test("The endpoint is asked as its protocol says")
  func request() async throws {
    let transport = FakeTransport { _, _ in .status(200, Self.body) }
    let clock = FakeClock()
    let source = ContainerSource(surroundings: try surroundings(Self.full, transport: transport, clock: clock))
    let found = try await source.credentials()
    #expect(found.credentials.accessKeyID == "TASK")
    #expect(found.credentials.sessionToken?.exposed == "token")
    #expect(found.expiresAt?.iso8601 == "2026-11-22T18:00:00Z")
    let request = try #require(transport.requests.first)
    #expect((request.method, request.url) == ("GET", "http://127.0.0.1:81/creds"))
    #expect(request.field("Host") == "127.0.0.1:81")
    #expect(request.field("Authorization") == nil)
    #expect(transport.deadlines == [clock.instant + .seconds(2)])
  }

  @Test("The token's file wins over the variable, and its line end is stripped")
  func token() async throws {
    let transport = FakeTransport { _, _ in .status(200, Self.body) }
    var variables = Self.full
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "from-variable"
    _ = try await ContainerSource(surroundings: surroundings(variables, transport: transport)).credentials()
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token"
    for content in ["first\n", "second\n"] {
      _ = try await ContainerSource(
        surroundings: surroundings(variables, transport: transport, files: ["/token": content])
      ).credentials()
    }
    #expect(transport.requests.map { $0.field("Authorization") } == ["from-variable", "first", "second"])
  }

  @Test("A token with a line break inside, or whose file is missing, is refused, and nothing is asked")
  func badToken() async throws {
    var variables = Self.full
    variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token"
    for files in [["/token": "a\nX: y"], [:]] {
      let transport = FakeTransport { _, _ in .status(200, Self.body) }
      let source = ContainerSource(surroundings: try surroundings(variables, transport: transport, files: files))
      guard case .failed = await failure(of: source) else {
        Issue.record("it didn't fail")
        return
      }
      #expect(transport.requests.isEmpty)
    }
  }

  @Test(
    "What may work a moment later is asked three times, a second apart",
    arguments: [
      FakeTransport.Answer.failure(.notSent("refused")), .failure(.timedOut), .failure(.broken("cut")), .status(500),
      .status(429),
    ])
  func retries(answer: FakeTransport.Answer) async throws {
    let transport = FakeTransport { _, number in number < 2 ? answer : .status(200, Self.body) }
    let pauses = Pauses()
    let source = ContainerSource(surroundings: try surroundings(Self.full, transport: transport, pauses: pauses))
    #expect(try await source.credentials().credentials.accessKeyID == "TASK")
    #expect(pauses.all == [.seconds(1), .seconds(1)])
    let failing = FakeTransport { _, _ in answer }
    let failed = ContainerSource(surroundings: try surroundings(Self.full, transport: failing))
    guard case .failed = await failure(of: failed) else {
      Issue.record("it didn't fail")
      return
    }
    #expect(failing.requests.count == 3)
  }

  @Test(
    "What won't change is a failure at once, and nothing of the answer is shown",
    arguments: [
      FakeTransport.Answer.status(400, "hidden"), .status(404), .status(200, "hidden"), .status(200, "{}"),
      .status(200, #"{"AccessKeyId":"A","SecretAccessKey":"hidden","Expiration":"x"}"#),
    ])
  func final(answer: FakeTransport.Answer) async throws {
    let transport = FakeTransport { _, _ in answer }
    let source = ContainerSource(surroundings: try surroundings(Self.full, transport: transport))
    guard case .failed(let reason) = await failure(of: source) else {
      Issue.record("it didn't fail")
      return
    }
    #expect(!reason.contains("hidden"))
    #expect(transport.requests.count == 1)
  }
}
