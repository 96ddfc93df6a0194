import AWSSettings
import Clocks
import GatewayCore
import SigV4
import Testing

@testable import AWSCredentials

struct STSClientTests {
  private static let role = Role(arn: "arn:aws:iam::123456789012:role/a b", sessionName: "night+shift")

  private static func answer(_ action: String) -> String {
    """
    <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result><Credentials>
    <AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>hidden&amp;part</SecretAccessKey>
    <SessionToken>hidden-token</SessionToken><Expiration>2026-11-22T17:00:00Z</Expiration>
    </Credentials></\(action)Result></\(action)Response>
    """
  }

  private static func error(_ code: String, _ message: String = "no") -> String {
    "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>\(message)</Message></Error></ErrorResponse>"
  }

  private func assume(
    _ role: Role, _ transport: FakeTransport, variables: [String: String] = [:], pauses: Pauses = Pauses()
  ) async throws -> FoundCredentials {
    try await STSClient(surroundings(variables, transport: transport, pauses: pauses), profile: nil)
      .assumeRole(role, with: keys("BASE", token: "base-token"))
  }

  @Test("AssumeRole is a signed form, and its answer's credentials come back")
  func assumeRole() async throws {
    let transport = FakeTransport { _, _ in .status(200, Self.answer("AssumeRole")) }
    let found = try await assume(
      Role(arn: "arn:role", sessionName: "name", externalID: "x&y", duration: 900), transport)
    #expect(found.credentials.accessKeyID == "ROLE")
    #expect(found.credentials.secretAccessKey.exposed == "hidden&part")
    #expect(found.credentials.sessionToken?.exposed == "hidden-token")
    #expect(found.expiresAt == Timestamp(iso8601: "2026-11-22T17:00:00Z"))
    let request = try #require(transport.requests.first)
    #expect(request.method == "POST")
    #expect(request.url == "https://sts.eu-west-1.amazonaws.com/")
    #expect(request.field("Host") == "sts.eu-west-1.amazonaws.com")
    #expect(request.field("Content-Type") == "application/x-www-form-urlencoded; charset=utf-8")
    #expect(request.field("x-amz-security-token") == "base-token")
    let authorization = try #require(request.field("Authorization").flatMap(Authorization.init))
    #expect(authorization.accessKeyID == "BASE")
    #expect((authorization.scope.service, authorization.scope.region) == ("sts", "eu-west-1"))
    #expect(
      request.text == "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Arole&RoleSessionName=name&ExternalId=x%26y"
        + "&DurationSeconds=900")
  }

  @Test("A session that nobody named has a name that tells of the gateway")
  func sessionName() async throws {
    let transport = FakeTransport { _, _ in .status(200, Self.answer("AssumeRole")) }
    _ = try await assume(Role(arn: "arn:role"), transport)
    #expect(transport.requests.first?.text.contains("&RoleSessionName=connection-gateway-1795363200") == true)
  }

  @Test("AssumeRoleWithWebIdentity isn't signed, and reads the token's file each time")
  func webIdentity() async throws {
    let transport = FakeTransport { _, _ in .status(200, Self.answer("AssumeRoleWithWebIdentity")) }
    let identity = WebIdentity(role: Self.role, tokenFile: "/token", setting: "AWS_WEB_IDENTITY_TOKEN_FILE")
    for token in ["first", "second"] {
      let client = try STSClient(surroundings(transport: transport, files: ["/token": "\(token)\n"]), profile: nil)
      #expect(try await client.assumeRole(with: identity).credentials.accessKeyID == "ROLE")
    }
    #expect(transport.requests.map { $0.field("Authorization") } == [nil, nil])
    #expect(
      transport.requests.map(\.text)
        == ["first", "second"].map {
          "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fa%20b"
            + "&RoleSessionName=night%2Bshift&WebIdentityToken=\($0)"
        })
  }

  @Test("The endpoint is that of the settings")
  func endpoint() async throws {
    let transport = FakeTransport { _, _ in .status(200, Self.answer("AssumeRole")) }
    _ = try await assume(Self.role, transport, variables: ["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:5000/base"])
    #expect(transport.requests.first?.url == "http://127.0.0.1:5000/base/")
    #expect(transport.requests.first?.field("Host") == "127.0.0.1:5000")
  }

  @Test("A refusal is told in STS's words, without the secrets it may quote, and not tried again")
  func refusal() async throws {
    let transport = FakeTransport { _, _ in
      .status(403, Self.error("AccessDenied", "User is not authorized; base-token\nsecret-of-BASE"))
    }
    await #expect(
      throws: SourceFailure.failed(
        "the role arn:aws:iam::123456789012:role/a b can't be assumed at https://sts.eu-west-1.amazonaws.com: "
          + "AccessDenied: User is not authorized; [redacted][redacted]")
    ) { try await assume(Self.role, transport) }
    #expect(transport.requests.count == 1)
  }

  @Test(
    "What may work a moment later is tried three times, with the SDKs' delays",
    arguments: [
      (FakeTransport.Answer.status(500), [50, 100]), (.status(503, "busy"), [50, 100]),
      (.failure(.notSent("refused")), [50, 100]), (.failure(.timedOut), [50, 100]),
      (.failure(.broken("cut")), [50, 100]),
      (.status(400, error("Throttling")), [1000, 2000]), (.status(429), [1000, 2000]),
      (.status(400, error("IDPCommunicationError")), [50, 100]),
    ])
  func transient(answer: FakeTransport.Answer, delays: [Int]) async throws {
    let transport = FakeTransport { _, _ in answer }
    let pauses = Pauses()
    await #expect(throws: SourceFailure.self) { try await assume(Self.role, transport, pauses: pauses) }
    #expect(transport.requests.count == 3)
    #expect(pauses.all == delays.map { .milliseconds($0) })
  }

  @Test("What worked the third time worked")
  func thirdTime() async throws {
    let transport = FakeTransport { _, number in
      number < 2 ? .failure(.broken("cut")) : .status(200, Self.answer("AssumeRole"))
    }
    #expect(try await assume(Self.role, transport).credentials.accessKeyID == "ROLE")
  }

  @Test(
    "What won't change isn't tried again",
    arguments: [
      FakeTransport.Answer.failure(.unknownHost), .status(400, error("ValidationError")), .status(404, "<html>"),
      .status(200, "<html>"), .status(200, "<a><b><Credentials/></b></a>"),
    ])
  func final(answer: FakeTransport.Answer) async throws {
    let transport = FakeTransport { _, _ in answer }
    await #expect(throws: SourceFailure.self) { try await assume(Self.role, transport) }
    #expect(transport.requests.count == 1)
  }

  @Test("GetCallerIdentity tells whose the credentials are")
  func callerARN() async throws {
    let transport = FakeTransport { _, _ in
      .status(
        200,
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
      )
    }
    let client = try STSClient(surroundings(transport: transport), profile: nil)
    #expect(try await client.callerARN(keys("BASE")) == "arn:me")
    #expect(transport.requests.first?.text == "Action=GetCallerIdentity&Version=2011-06-15")
    #expect(transport.requests.first?.field("Authorization")?.contains("Credential=BASE/") == true)
  }

  @Test("Settings that name no endpoint are told")
  func noEndpoint() async throws {
    await #expect(throws: SourceFailure.self) {
      try await assume(Self.role, FakeTransport.none, variables: ["AWS_ENDPOINT_URL_STS": "ftp://x"])
    }
  }
}
