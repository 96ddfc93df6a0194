import AWSSettings
import Clocks
import GatewayCore
import SigV4
import Testing

@testable import AWSCredentials

struct CredentialLookUpTests {
  private static let environment = ["AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "hidden"]
  private static let webIdentity = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:web"]
  private static let container = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:81/c"]

  /// STS, a container's endpoint and instance metadata in one.
  private static let network = FakeTransport { request, _ in
    let document = { (id: String) in
      #"{"Code":"Success","AccessKeyId":"\#(id)","SecretAccessKey":"hidden","Token":"t","Expiration":"2026-11-22T18:00:00Z"}"#
    }
    return switch request.url {
    case "https://sts.eu-west-1.amazonaws.com/":
      .status(
        200,
        """
        <R><X><Credentials><AccessKeyId>STS</AccessKeyId><SecretAccessKey>hidden</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2026-11-22T18:00:00Z</Expiration></Credentials></X></R>
        """)
    case "http://127.0.0.1:81/c": .status(200, document("CONTAINER"))
    case let url where url.hasSuffix("/latest/api/token"): .status(200, "token")
    case let url where url.hasSuffix("/security-credentials/"): .status(200, "role")
    default: .status(200, document("INSTANCE"))
    }
  }

  private func lookUp(
    _ variables: [String: String], config: String = "", transport: FakeTransport = network,
    files: Result<ProfileFiles, AWSSettingsError>? = nil
  ) throws -> CredentialLookUp {
    let surroundings = try surroundings(variables, transport: transport, files: ["/token": "t"])
    return CredentialLookUp(
      surroundings, files: try files ?? .success(profileFiles(config: config, profile: variables["AWS_PROFILE"])))
  }

  @Test("The sources are asked in their order: each has its turn when those before it are taken away")
  func order() async throws {
    let variables = Self.environment.merging(Self.webIdentity) { $1 }.merging(Self.container) { $1 }
    let config = "[default]\naws_access_key_id = PROFILE\naws_secret_access_key = hidden\n"
    func id(_ variables: [String: String], _ config: String) async throws -> String {
      try await lookUp(variables, config: config).run().credentials.accessKeyID
    }
    var left = variables
    #expect(try await id(left, config) == "ENVIRONMENT")
    left["AWS_ACCESS_KEY_ID"] = nil
    #expect(try await id(left, config) == "PROFILE")
    #expect(try await id(left, "") == "STS")
    left["AWS_WEB_IDENTITY_TOKEN_FILE"] = nil
    #expect(try await id(left, "") == "CONTAINER")
    left["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = nil
    #expect(try await id(left, "") == "INSTANCE")
  }

  @Test("When nothing is found, each source says why, on one line")
  func nothing() async throws {
    await #expect(
      throws: CredentialsUnavailable(attempts: [
        .init(source: "environment", reason: "AWS_ACCESS_KEY_ID isn't set"),
        .init(source: "profile 'default'", reason: "there is no such profile"),
        .init(source: "web identity", reason: "AWS_WEB_IDENTITY_TOKEN_FILE isn't set"),
        .init(
          source: "container",
          reason: "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"),
        .init(source: "instance metadata", reason: "169.254.169.254: no connection (there is no network in this test)"),
      ])
    ) { try await lookUp([:], transport: .none).run() }
    let disabled = try await attempts(lookUp(["AWS_EC2_METADATA_DISABLED": "true"]))
    let reason = CredentialsUnavailable(attempts: disabled).reason
    #expect(reason.hasPrefix("no credentials: environment: AWS_ACCESS_KEY_ID isn't set; profile 'default': "))
    #expect(!reason.contains("\n"))
  }

  @Test("A source that is set up and fails ends the search: the next one would have someone else's rights")
  func failure() async throws {
    let transport = FakeTransport { _, _ in .status(403) }
    for variables in [
      ["AWS_ACCESS_KEY_ID": "ID"], ["AWS_PROFILE": "nowhere"], Self.webIdentity, Self.container,
    ] {
      let attempts = try await attempts(lookUp(variables, transport: transport))
      #expect(attempts.last?.source != "instance metadata", "\(attempts)")
    }
    let broken = try lookUp([:], files: .failure(AWSSettingsError("/config, line 3: expected 'name = value'")))
    #expect(
      await attempts(broken).last == .init(source: "profile", reason: "/config, line 3: expected 'name = value'"))
  }

  private func attempts(_ lookUp: CredentialLookUp) async -> [CredentialsUnavailable.Attempt] {
    do throws(CredentialsUnavailable) {
      _ = try await lookUp.run()
      return []
    } catch {
      return error.attempts
    }
  }

  @Test("Credentials whose time is over when they come are refused")
  func expired() async throws {
    let variables = Self.environment.merging(["AWS_CREDENTIAL_EXPIRATION": "2026-11-22T16:00:00Z"]) { $1 }
    let attempts = try await attempts(lookUp(variables))
    #expect(attempts.last?.reason == "they expired at 2026-11-22T16:00:00Z; is this machine's clock right?")
  }

  @Test("A role's source is one of the named ones, and its failure is the role's")
  func credentialSource() async throws {
    let config = "[default]\nrole_arn = arn:r\ncredential_source = Environment\n"
    let instance = "[default]\nrole_arn = arn:r\ncredential_source = Ec2InstanceMetadata\n"
    let found = try await lookUp([:], config: instance).run()
    #expect(found.credentials.accessKeyID == "STS")
    #expect(found.source == "the profile 'default': role arn:r assumed with credential_source Ec2InstanceMetadata")
    #expect(
      try await attempts(lookUp([:], config: config)).last
        == .init(
          source: "profile 'default'", reason: "credential_source Environment: AWS_ACCESS_KEY_ID isn't set"))
  }
}
