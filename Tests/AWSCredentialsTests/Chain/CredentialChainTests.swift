import AWSSettings
import SigV4
import TestSupport
import Testing

@testable import AWSCredentials

@Suite("CredentialChain")
struct CredentialChainTests {
  private static let keys = "aws_access_key_id = AKIDFILE\naws_secret_access_key = file/secret+=\n"
  private static let fromFile = SigningCredentials(accessKeyID: "AKIDFILE", secretAccessKey: Secret("file/secret+="))

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(
    "The environment's keys are taken, with the session token where there is one", arguments: [nil, "", "to/ken+=="])
  func environment(_ token: String?) async throws {
    var variables = ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "env/secret"]
    variables["AWS_SESSION_TOKEN"] = token
    let expected = SigningCredentials(
      accessKeyID: "AKIDENV", secretAccessKey: Secret("env/secret"),
      sessionToken: token == "" ? nil : token.map(Secret.init))
    #expect(try await credentials(variables) == expected)
  }

  @Test("The environment wins over the profile, even one that AWS_PROFILE names")
  func environmentWins() async throws {
    try write("[default]\n\(Self.keys)[named]\n\(Self.keys)", to: "credentials")
    for profile in ["", "named", "not-there"] {
      let found = try await credentials([
        "AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_PROFILE": profile,
      ])
      #expect(found.accessKeyID == "AKIDENV")
    }
  }

  @Test("A secret without its key id counts for nothing, as in botocore")
  func secretAlone() async throws {
    try write("[default]\n\(Self.keys)", to: "credentials")
    #expect(try await credentials(["AWS_SECRET_ACCESS_KEY": "env-secret"]) == Self.fromFile)
  }

  @Test(
    "A key id without its secret is an error, even where the profile has a whole set",
    arguments: [
      ["AWS_ACCESS_KEY_ID": "AKIDENV"], ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": ""],
    ])
  func half(_ variables: [String: String]) async throws {
    try write("[default]\n\(Self.keys)", to: "credentials")
    let error = try await refusal(variables)
    #expect(error.reason.contains("AWS_ACCESS_KEY_ID") && error.reason.contains("AWS_SECRET_ACCESS_KEY"))
  }

  @Test("The profile's static keys are taken, from either file", arguments: ["credentials", "config"])
  func profile(_ name: String) async throws {
    try write("[default]\n\(Self.keys)", to: name)
    #expect(try await credentials() == Self.fromFile)
  }

  @Test("The credentials file's keys come before the config file's")
  func credentialsFileFirst() async throws {
    try write("[default]\n\(Self.keys)", to: "credentials")
    try write("[default]\naws_access_key_id = OTHER\naws_secret_access_key = other", to: "config")
    #expect(try await credentials() == Self.fromFile)
  }

  @Test("A profile's session token goes with its keys")
  func profileToken() async throws {
    try write("[default]\n\(Self.keys)aws_session_token = to/ken+==\n", to: "credentials")
    #expect(try await credentials().sessionToken == Secret("to/ken+=="))
  }

  @Test("A session token that is empty is none, as in every AWS SDK")
  func emptyProfileToken() async throws {
    try write("[default]\n\(Self.keys)aws_session_token =\n", to: "credentials")
    #expect(try await credentials() == Self.fromFile)
  }

  @Test("A key without its secret is an error that names the profile")
  func halfProfile() async throws {
    try write("[work]\naws_access_key_id = AKIDFILE\n", to: "credentials")
    let error = try await refusal(["AWS_PROFILE": "work"])
    #expect(error.reason.contains("'work'") && error.reason.contains("the secret access key is missing"))
  }

  @Test(
    "A profile whose role can't be assumed is refused, and never answered with its own keys",
    arguments: ["role_arn", "web_identity_token_file"])
  func role(_ setting: String) async throws {
    for file in ["credentials", "config"] {
      try write("[default]\n\(Self.keys)\(setting) = something\n", to: file)
      let error = try await refusal()
      #expect(error.reason.contains(setting) && error.reason.contains("'default'"))
      try write("", to: file)
    }
  }

  @Test(
    "A profile that needs IAM Identity Center is refused, and what it needs named",
    arguments: ["sso_account_id", "sso_role_name", "login_session"])
  func otherSource(_ setting: String) async throws {
    try write("[default]\n\(setting) = something", to: "config")
    #expect(try await refusal().reason.contains(setting))
  }

  @Test("The credentials file's keys come before a credential_process, and this before the config file's")
  func process() async throws {
    try write("[default]\ncredential_process = /nowhere/at-all\naws_access_key_id = OTHER", to: "config")
    #expect(try await refusal().reason.contains("credential_process"))
    try write("[default]\n\(Self.keys)", to: "credentials")
    #expect(try await credentials() == Self.fromFile)
  }

  @Test("Where there is nothing at all, the error says what was tried")
  func nothing() async throws {
    let error = try await refusal()
    for part in [
      "AWS_ACCESS_KEY_ID", "'default'", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      "instance metadata",
    ] {
      #expect(error.reason.contains(part))
    }
    #expect("\(error)" == error.reason)
  }

  @Test(
    "Keys that would break out of a header are refused, and not shown",
    arguments: ["se cret", "secret\r\nX: y", "secret\n", "\tsecret", "secr\u{0}et", "sécret", "secret\u{7F}", " "])
  func brokenKeys(_ value: String) async throws {
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
      var variables = ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_SESSION_TOKEN": "token"]
      variables[variable] = value
      let error = try await refusal(variables)
      #expect(error.reason.contains("environment: "))
      #expect(!error.reason.contains("secr"))
    }
  }

  @Test("What was found is kept until it is to be read again")
  func reload() async throws {
    try write("[default]\n\(Self.keys)", to: "credentials")
    let chain = try chain([:])
    #expect(try await chain.credentials() == Self.fromFile)
    try write("[default]\naws_access_key_id = NEW\naws_secret_access_key = new", to: "credentials")
    #expect(try await chain.credentials() == Self.fromFile)
    chain.reload()
    #expect(try await chain.credentials().accessKeyID == "NEW")
  }

  @Test("A file that was put right counts at the next call")
  func putRight() async throws {
    try write("[default\n", to: "credentials")
    let chain = try chain([:])
    await #expect(throws: CredentialsUnavailable.self) { try await chain.credentials() }
    try write("[default]\n\(Self.keys)", to: "credentials")
    #expect(try await chain.credentials() == Self.fromFile)
  }

  private func write(_ text: String, to name: String) throws {
    try folder.write(text.utf8, to: name)
  }

  /// Nothing of the machine's own: just what the test gives, and files in its own folder.
  private func chain(_ variables: [String: String]) throws -> CredentialChain {
    let files = [
      "AWS_SHARED_CREDENTIALS_FILE": folder.file("credentials"), "AWS_CONFIG_FILE": folder.file("config"),
    ]
    let clock = FakeClock()
    return CredentialChain(
      environment: AWSEnvironment(files.merging(variables) { _, new in new }),
      region: try Region(environment: AWSEnvironment(["AWS_REGION": "eu-west-1"]), profile: nil),
      transport: FakeTransport.none, wallClock: clock.wall, clock: clock.monotonic, sleep: { _ in }, random: { 0 },
      executor: globalConcurrentExecutor, log: { _ in })
  }

  private func credentials(_ variables: [String: String] = [:]) async throws -> SigningCredentials {
    try await chain(variables).credentials()
  }

  private func refusal(_ variables: [String: String] = [:]) async throws -> CredentialsUnavailable {
    let chain = try chain(variables)
    return try await #require(throws: CredentialsUnavailable.self) { try await chain.credentials() }
  }
}
