import AWSSettings
import Testing

@testable import AWSCredentials

struct ContainerEndpointTests {
  private static let hosts = [
    "localhost": ["127.0.0.1", "::1"], "agent": ["169.254.170.23"], "outside": ["203.0.113.7"],
    "both": ["127.0.0.1", "203.0.113.7"], "rebind": ["::1"],
  ]

  private func endpoint(_ variables: [String: String]) async throws -> ContainerEndpoint {
    try await ContainerEndpoint(AWSEnvironment(variables)) { name in
      (Self.hosts[name] ?? []).compactMap(HostAddress.init)
    }
  }

  private func endpoint(full: String) async throws -> ContainerEndpoint {
    try await endpoint(["AWS_CONTAINER_CREDENTIALS_FULL_URI": full])
  }

  @Test(
    "Hosts that may be asked",
    arguments: [
      ("http://127.0.0.1/x", "127.0.0.1"), ("http://127.200.3.4:81/x?y=z", "127.200.3.4:81"),
      ("http://[::1]:82/", "[::1]:82"), ("http://169.254.170.2/v2", "169.254.170.2"),
      ("http://169.254.170.23/v1/credentials", "169.254.170.23"), ("http://[fd00:ec2::23]/v1", "[fd00:ec2::23]"),
      ("https://example.com/x", "example.com"), ("https://203.0.113.7:444/x", "203.0.113.7:444"),
    ])
  func allowed(url: String, host: String) async throws {
    let endpoint = try await endpoint(full: url)
    #expect(endpoint.url == url)
    #expect(endpoint.host == host)
  }

  @Test(
    "A name is asked at the address that was checked, with its own name as Host",
    arguments: [
      ("http://localhost:83/x?y", "http://127.0.0.1:83/x?y", "localhost:83"),
      ("http://agent/v1", "http://169.254.170.23/v1", "agent"), ("http://rebind/", "http://[::1]/", "rebind"),
    ])
  func names(url: String, asked: String, host: String) async throws {
    let endpoint = try await endpoint(full: url)
    #expect(endpoint.url == asked)
    #expect(endpoint.host == host)
  }

  @Test(
    "Hosts that may not be asked",
    arguments: [
      "http://203.0.113.7/x", "http://169.254.169.254/x", "http://169.254.170.3/x", "http://[fd00:ec2::24]/x",
      "http://[::ffff:127.0.0.1]/x", "http://0.0.0.0/x", "http://outside/x", "http://both/x", "http://unknown/x",
      "http://127.0.0.1.example/x", "http://128.0.0.1/x",
    ])
  func refused(url: String) async {
    await #expect(throws: SourceFailure.self) { try await endpoint(full: url) }
  }

  @Test(
    "What is no URL is refused",
    arguments: [
      "127.0.0.1/x", "ftp://127.0.0.1/x", "http://user@127.0.0.1/x", "http:///x", "http://127.0.0.1/x#y",
      "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "file:///etc/passwd",
    ])
  func noURL(url: String) async {
    await #expect(throws: SourceFailure.self) { try await endpoint(full: url) }
  }

  @Test("The relative URI is ECS's host's, and wins over the full one")
  func relative() async throws {
    let endpoint = try await endpoint([
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/x?y",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/other",
    ])
    #expect(endpoint.url == "http://169.254.170.2/v2/credentials/x?y")
    #expect(endpoint.host == "169.254.170.2")
  }

  @Test(
    "A relative URI can't lead to another host", arguments: ["@example.com/", ".example.com/", "x", "/a b", "/a\r\nb"])
  func relativeRefused(path: String) async {
    await #expect(throws: SourceFailure.self) {
      try await endpoint(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path])
    }
  }

  @Test("With neither variable the next source is asked")
  func absent() async {
    await #expect(
      throws: SourceFailure.absent(
        "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set")
    ) { try await endpoint([:]) }
  }
}
