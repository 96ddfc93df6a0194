import AWSSettings
import Clocks
import GatewayCore
import SigV4
import Testing

@testable import AWSCredentials

/// Nothing that a log line, `dump` or a crash report could show has a secret in it.
struct SecretsTests {
  private func shown(_ value: Any) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    return "\(value)" + String(reflecting: value) + dumped
  }

  @Test("Settings show their names alone")
  func settings() throws {
    let environment = AWSEnvironment(["AWS_SECRET_ACCESS_KEY": "hidden"])
    let files = try profileFiles(
      config: "[default]\naws_secret_access_key = hidden\ncredential_process = x --password hidden\n",
      credentials: "[default]\naws_session_token = hidden\n")
    let profile = try #require(try files.current())
    let all: [Any] = [environment, files, profile, ["in a list": environment]]
    for value in all { #expect(!shown(value).contains("hidden"), "\(type(of: value))") }
    #expect(shown(profile).contains("aws_secret_access_key"))
  }

  @Test("What the look-up handles on its way shows none")
  func values() throws {
    let credentials = SigningCredentials(
      accessKeyID: "ID", secretAccessKey: Secret("hidden"), sessionToken: Secret("hidden"))
    let found = FoundCredentials(credentials: credentials, expiresAt: nil, source: "a test")
    let document = try CredentialsDocument.read(
      Array(#"{"AccessKeyId":"ID","SecretAccessKey":"hidden","SessionToken":"hidden","Token":"hidden"}"#.utf8))
    let surroundings = try surroundings(["AWS_SECRET_ACCESS_KEY": "hidden"])
    let action = STSAction.assumeRole(
      Role(arn: "arn"), webIdentityToken: Secret("hidden"), defaultSessionName: "name")
    let all: [Any] = [
      found, document, Recipe.keys(credentials), Recipe.process(Secret("x hidden")), action, surroundings,
      CredentialLookUp(surroundings), RefreshState.Answer.use(credentials),
      CredentialProcess(surroundings: surroundings, command: Secret("hidden")),
    ]
    for value in all { #expect(!shown(value).contains("hidden"), "\(type(of: value))") }
  }

  @Test("The chain, its state and its description show none")
  func chain() async throws {
    let clock = FakeClock()
    let region = try Region(environment: AWSEnvironment(["AWS_REGION": "eu-west-1"]), profile: nil)
    let chain = CredentialChain(
      environment: AWSEnvironment([
        "AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "hidden",
      ]), region: region, transport: FakeTransport.none, wallClock: clock.wall, clock: clock.monotonic,
      sleep: { _ in }, random: { 0 }, executor: globalConcurrentExecutor, log: { _ in })
    #expect(try await chain.credentials().secretAccessKey.exposed == "hidden")
    let description = await chain.description()
    #expect(
      description
        == .found(source: "the environment variables", accessKeyID: "ID", expiresAt: nil, lastFailure: nil))
    let all: [Any] = [chain, description]
    for value in all { #expect(!shown(value).contains("hidden"), "\(type(of: value))") }
  }
}
