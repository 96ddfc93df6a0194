import AWSSettings
import Clocks
import GatewayCore
import SigV4
import Testing

@testable import AWSCredentials

struct InstanceMetadataSourceTests {
  private static let credentials =
    #"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ROLE","SecretAccessKey":"hidden","Token":"token","Expiration":"2026-11-22T18:00:00Z"}"#
  private static let base = "http://169.254.169.254/latest/"

  /// A service: what it says to the request for a token, for the role and for the credentials.
  private func service(
    token: FakeTransport.Answer = .status(200, "a-token"), role: FakeTransport.Answer = .status(200, "app-role"),
    credentials: FakeTransport.Answer = .status(200, credentials)
  ) -> FakeTransport {
    FakeTransport { request, _ in
      switch request.url {
      case let url where url.hasSuffix("/latest/api/token"): token
      case let url where url.hasSuffix("/security-credentials/"): role
      default: credentials
      }
    }
  }

  private func source(
    _ transport: FakeTransport, _ variables: [String: String] = [:], profile: Profile? = nil,
    clock: FakeClock = FakeClock()
  ) throws -> InstanceMetadataSource {
    InstanceMetadataSource(
      surroundings: try surroundings(variables, transport: transport, clock: clock), profile: profile)
  }

  @Test("Version 2: a token, the role's name, its credentials; one second for each")
  func version2() async throws {
    let transport = service()
    let clock = FakeClock()
    let found = try await source(transport, clock: clock).credentials()
    #expect(found.credentials.accessKeyID == "ROLE")
    #expect(found.credentials.sessionToken?.exposed == "token")
    #expect(found.expiresAt?.iso8601 == "2026-11-22T18:00:00Z")
    let requests = transport.requests
    #expect(requests.map(\.method) == ["PUT", "GET", "GET"])
    #expect(
      requests.map(\.url) == [
        Self.base + "api/token", Self.base + "meta-data/iam/security-credentials/",
        Self.base + "meta-data/iam/security-credentials/app-role",
      ])
    #expect(requests.map { $0.field("Host") } == Array(repeating: "169.254.169.254", count: 3))
    #expect(requests[0].field("x-aws-ec2-metadata-token-ttl-seconds") == "21600")
    #expect(requests.map { $0.field("x-aws-ec2-metadata-token") } == [nil, "a-token", "a-token"])
    #expect(transport.deadlines == Array(repeating: clock.instant + .seconds(1), count: 3))
  }

  @Test("Where the service has no tokens, version 1 is spoken", arguments: [403, 404, 405])
  func version1(status: Int) async throws {
    let transport = service(token: .status(status))
    #expect(try await source(transport).credentials().credentials.accessKeyID == "ROLE")
    #expect(transport.requests.map { $0.field("x-aws-ec2-metadata-token") } == [nil, nil, nil])
  }

  @Test("Version 1 is spoken only where nobody forbids it, by variable or profile", arguments: [403, 404, 405])
  func version1Disabled(status: Int) async throws {
    let profile = try profileFiles(config: "[default]\nec2_metadata_v1_disabled = true").current()
    for (variables, profile) in [(["AWS_EC2_METADATA_V1_DISABLED": "TRUE"], nil), ([:], profile)] {
      let transport = service(token: .status(status))
      guard case .failed = await failure(of: try source(transport, variables, profile: profile)) else {
        Issue.record("it didn't fail")
        return
      }
      #expect(transport.requests.count == 1)
    }
  }

  @Test(
    "Anything else but a token stops it: it is no sign of version 1",
    arguments: [
      FakeTransport.Answer.status(400), .status(401), .status(500), .status(200, ""), .status(200, "a\nb"),
      .failure(.timedOut), .failure(.notSent("refused")), .failure(.broken("cut")),
    ])
  func noToken(answer: FakeTransport.Answer) async throws {
    let transport = service(token: answer)
    guard case .failed = await failure(of: try source(transport)) else {
      Issue.record("it didn't fail")
      return
    }
    #expect(transport.requests.count == 1)
  }

  @Test(
    "A role or credentials that aren't there are a failure that shows no secret",
    arguments: [
      (FakeTransport.Answer.status(404), FakeTransport.Answer.status(200, credentials), "the instance has no role"),
      (.status(401), .status(200, credentials), "status 401"),
      (.status(200, ""), .status(200, credentials), "no role's name"),
      (.status(200, "a/../b"), .status(200, credentials), "no role's name"),
      (.status(200, "app-role"), .status(404, "hidden"), "status 404"),
      (.status(200, "app-role"), .status(200, "hidden"), "isn't the JSON"),
      (
        .status(200, "app-role"), .status(200, #"{"Code":"AssumeRoleUnauthorizedAccess","Message":"hidden"}"#),
        "'AssumeRoleUnauthorizedAccess'"
      ),
      (.status(200, "app-role"), .status(200, #"{"Code":"Success","SecretAccessKey":"hidden"}"#), "key id is missing"),
      (.status(200, "app-role"), .failure(.timedOut), "no answer in time"),
    ])
  func failures(role: FakeTransport.Answer, credentials: FakeTransport.Answer, reason: String) async throws {
    let failure = await failure(of: try source(service(role: role, credentials: credentials)))
    #expect(failure?.reason.contains(reason) == true, "\(String(describing: failure))")
    #expect(failure?.reason.contains("hidden") == false)
  }

  @Test("Switched off, nothing is asked")
  func disabled() async throws {
    let transport = service()
    let source = try source(transport, ["AWS_EC2_METADATA_DISABLED": "True"])
    #expect(await failure(of: source) == .absent("AWS_EC2_METADATA_DISABLED is true"))
    #expect(transport.requests.isEmpty)
  }

  @Test(
    "The endpoint is that of the settings",
    arguments: [
      ([:], "", "http://169.254.169.254"),
      (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], "", "http://[fd00:ec2::254]"),
      ([:], "ec2_metadata_service_endpoint_mode = ipv6", "http://[fd00:ec2::254]"),
      (
        ["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4"], "ec2_metadata_service_endpoint_mode = ipv6",
        "http://169.254.169.254"
      ),
      (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:81/"], "", "http://127.0.0.1:81"),
      ([:], "ec2_metadata_service_endpoint = http://127.0.0.1:82/base", "http://127.0.0.1:82/base"),
      (
        ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://h", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], "",
        "http://h"
      ),
    ] as [([String: String], String, String)])
  func endpoint(variables: [String: String], config: String, url: String) throws {
    let profile = try profileFiles(config: "[default]\n\(config)").current()
    #expect(try InstanceMetadataEndpoint(AWSEnvironment(variables), profile).url == url)
  }

  @Test(
    "Settings that make no sense are a failure",
    arguments: [
      ["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5"], ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "169.254.169.254"],
      ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://u@h"], ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://h/?q"],
    ])
  func badEndpoint(variables: [String: String]) {
    #expect(throws: SourceFailure.self) { try InstanceMetadataEndpoint(AWSEnvironment(variables), nil) }
  }
}
