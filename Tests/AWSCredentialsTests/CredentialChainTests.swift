import AWSCredentials
import SigV4
import Testing

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
    _ = try folder.write("[default]\n\(Self.keys)[named]\n\(Self.keys)", to: "credentials")
    for profile in ["", "named", "not-there"] {
      let found = try await credentials([
        "AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_PROFILE": profile,
      ])
      #expect(found.accessKeyID == "AKIDENV")
    }
  }

  @Test(
    "Half a set of keys in the environment is an error, even where the profile has a whole one",
    arguments: [
      ["AWS_ACCESS_KEY_ID": "AKIDENV"], ["AWS_SECRET_ACCESS_KEY": "env-secret"],
      ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": ""],
    ])
  func half(_ variables: [String: String]) async throws {
    _ = try folder.write("[default]\n\(Self.keys)", to: "credentials")
    let error = try await refusal(variables)
    #expect(error.reason.contains("AWS_ACCESS_KEY_ID") && error.reason.contains("AWS_SECRET_ACCESS_KEY"))
    #expect(!error.reason.contains("env-secret"))
  }

  @Test("The profile's static keys are taken, from either file", arguments: ["credentials", "config"])
  func profile(_ name: String) async throws {
    _ = try folder.write("[default]\n\(Self.keys)", to: name)
    #expect(try await credentials() == Self.fromFile)
  }

  @Test("The credentials file's keys come before the config file's")
  func credentialsFileFirst() async throws {
    _ = try folder.write("[default]\n\(Self.keys)", to: "credentials")
    _ = try folder.write("[default]\naws_access_key_id = OTHER\naws_secret_access_key = other", to: "config")
    #expect(try await credentials() == Self.fromFile)
  }

  @Test("A profile's session token goes with its keys")
  func profileToken() async throws {
    _ = try folder.write("[default]\n\(Self.keys)aws_session_token = to/ken+==\n", to: "credentials")
    #expect(try await credentials().sessionToken == Secret("to/ken+=="))
  }

  @Test("A session token that is empty is none, as in every AWS SDK")
  func emptyProfileToken() async throws {
    _ = try folder.write("[default]\n\(Self.keys)aws_session_token =\n", to: "credentials")
    #expect(try await credentials() == Self.fromFile)
  }

  @Test("A key without its secret is an error that names the profile")
  func halfProfile() async throws {
    _ = try folder.write("[work]\naws_access_key_id = AKIDFILE\n", to: "credentials")
    let error = try await refusal(["AWS_PROFILE": "work"])
    #expect(error.reason.contains("'work'") && error.reason.contains("aws_secret_access_key"))
  }

  @Test(
    "A profile that needs what this version hasn't is refused, and never answered with other keys",
    arguments: ["role_arn", "web_identity_token_file"])
  func role(_ setting: String) async throws {
    for file in ["credentials", "config"] {
      _ = try folder.write("[default]\n\(Self.keys)\(setting) = something\n", to: file)
      let error = try await refusal()
      #expect(error.reason.contains(setting) && error.reason.contains("'default'"))
      _ = try folder.write("", to: file)
    }
  }

  @Test(
    "A profile that has nothing but a source this version can't use is refused, and the source named",
    arguments: ["credential_process", "sso_session", "sso_start_url"])
  func otherSource(_ setting: String) async throws {
    _ = try folder.write("[default]\n\(setting) = /bin/something", to: "config")
    #expect(try await refusal().reason.contains(setting))
    _ = try folder.write("[default]\n\(Self.keys)", to: "credentials")
    #expect(try await credentials() == Self.fromFile, "static keys come before it")
  }

  @Test("Where there is nothing at all, the error says what was tried")
  func nothing() async throws {
    let error = try await refusal()
    for part in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "'default'", "aws_access_key_id"] {
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
      #expect(error.reason.contains("the environment"))
      #expect(!error.reason.contains("secr"))
    }
  }

  @Test("What was found is kept until it is to be read again")
  func reload() async throws {
    _ = try folder.write("[default]\n\(Self.keys)", to: "credentials")
    let chain = CredentialChain(environment: environment([:]))
    #expect(try await chain.credentials() == Self.fromFile)
    _ = try folder.write("[default]\naws_access_key_id = NEW\naws_secret_access_key = new", to: "credentials")
    #expect(try await chain.credentials() == Self.fromFile)
    chain.reload()
    #expect(try await chain.credentials().accessKeyID == "NEW")
  }

  @Test("A file that was put right counts at the next call")
  func putRight() async throws {
    _ = try folder.write("[default\n", to: "credentials")
    let chain = CredentialChain(environment: environment([:]))
    await #expect(throws: CredentialsUnavailable.self) { try await chain.credentials() }
    _ = try folder.write("[default]\n\(Self.keys)", to: "credentials")
    #expect(try await chain.credentials() == Self.fromFile)
  }

  /// Nothing of the machine's own: just what the test gives, and files in its own folder.
  private func environment(_ variables: [String: String]) -> AWSEnvironment {
    let files = [
      "AWS_SHARED_CREDENTIALS_FILE": folder.path("credentials"), "AWS_CONFIG_FILE": folder.path("config"),
    ]
    return AWSEnvironment(files.merging(variables) { _, new in new })
  }

  private func credentials(_ variables: [String: String] = [:]) async throws -> SigningCredentials {
    try await CredentialChain(environment: environment(variables)).credentials()
  }

  private func refusal(_ variables: [String: String] = [:]) async throws -> CredentialsUnavailable {
    let chain = CredentialChain(environment: environment(variables))
    return try await #require(throws: CredentialsUnavailable.self) { try await chain.credentials() }
  }
}
