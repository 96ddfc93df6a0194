import AWSSettings
import SigV4
import Testing

@testable import AWSCredentials

struct ProfileRecipesTests {
  private static let keySettings = "aws_access_key_id = STATIC\naws_secret_access_key = hidden\n"

  private func recipe(
    config: String = "", credentials: String = "", profile: String = "p"
  ) throws -> Recipe {
    let files = try profileFiles(config: config, credentials: credentials, profile: profile)
    return try ProfileRecipes(files: files).recipe(for: #require(try files.current()))
  }

  private func reason(config: String = "", credentials: String = "", profile: String = "p") -> String? {
    do {
      _ = try recipe(config: config, credentials: credentials, profile: profile)
      return nil
    } catch let error as SourceFailure {
      return error.reason
    } catch {
      return "\(error)"
    }
  }

  private func keys(_ id: String, _ secret: String = "hidden") -> Recipe {
    .keys(SigningCredentials(accessKeyID: id, secretAccessKey: Secret(secret)))
  }

  @Test("Static keys of either file; the credentials file's come first")
  func staticKeys() throws {
    #expect(try recipe(config: "[profile p]\n\(Self.keySettings)") == keys("STATIC"))
    #expect(try recipe(credentials: "[p]\n\(Self.keySettings)") == keys("STATIC"))
    #expect(
      try recipe(
        config: "[profile p]\naws_access_key_id = OTHER\naws_secret_access_key = other\n",
        credentials: "[p]\n\(Self.keySettings)") == keys("STATIC"))
  }

  @Test("A session token beside static keys is used")
  func sessionToken() throws {
    let recipe = try recipe(credentials: "[p]\n\(Self.keySettings)aws_session_token = token\n")
    #expect(
      recipe
        == .keys(
          SigningCredentials(
            accessKeyID: "STATIC", secretAccessKey: Secret("hidden"), sessionToken: Secret("token"))))
  }

  @Test("credential_process comes after the credentials file's keys, and before the config file's")
  func process() throws {
    let process = "credential_process = /bin/x 'a b'\n"
    #expect(try recipe(config: "[profile p]\n\(process)") == .process(Secret("/bin/x 'a b'")))
    #expect(try recipe(config: "[profile p]\n\(process)\(Self.keySettings)") == .process(Secret("/bin/x 'a b'")))
    #expect(try recipe(config: "[profile p]\n\(process)", credentials: "[p]\n\(Self.keySettings)") == keys("STATIC"))
  }

  @Test("A web identity comes before keys")
  func webIdentity() throws {
    let config =
      "[profile p]\nweb_identity_token_file = /t\nrole_arn = arn:r\nrole_session_name = s\n\(Self.keySettings)"
    #expect(
      try recipe(config: config)
        == .webIdentity(
          WebIdentity(
            role: Role(arn: "arn:r", sessionName: "s"), tokenFile: "/t", setting: "web_identity_token_file")))
  }

  @Test("A role comes before the profile's own keys, with all of its settings")
  func role() throws {
    let config = """
      [profile p]
      role_arn = arn:r
      source_profile = base
      role_session_name = s
      external_id = x
      duration_seconds = 900
      \(Self.keySettings)
      [profile base]
      aws_access_key_id = BASE
      aws_secret_access_key = hidden
      """
    #expect(
      try recipe(config: config)
        == .role(Role(arn: "arn:r", sessionName: "s", externalID: "x", duration: 900), with: keys("BASE")))
  }

  @Test("A source_profile's own keys come before its role, and its role is assumed where it has none")
  func chain() throws {
    let base = "[profile base]\n\(Self.keySettings)"
    let config =
      "[profile p]\nrole_arn = arn:p\nsource_profile = q\n[profile q]\nrole_arn = arn:q\nsource_profile = base\n"
    #expect(
      try recipe(config: config + base)
        == .role(Role(arn: "arn:p"), with: .role(Role(arn: "arn:q"), with: keys("STATIC"))))
    #expect(
      try recipe(config: config + base, credentials: "[q]\naws_access_key_id = OWN\naws_secret_access_key = hidden")
        == .role(Role(arn: "arn:p"), with: keys("OWN")))
  }

  @Test("A profile may name itself: its role is assumed with its own keys")
  func itself() throws {
    #expect(
      try recipe(config: "[profile p]\nrole_arn = arn:p\nsource_profile = p\n\(Self.keySettings)")
        == .role(Role(arn: "arn:p"), with: keys("STATIC")))
  }

  @Test("A source_profile may be a process or a web identity")
  func otherSources() throws {
    let config = "[profile p]\nrole_arn = arn:p\nsource_profile = q\n[profile q]\n"
    #expect(
      try recipe(config: config + "credential_process = x") == .role(Role(arn: "arn:p"), with: .process(Secret("x"))))
    #expect(
      try recipe(config: config + "role_arn = arn:q\nweb_identity_token_file = /t\n")
        == .role(
          Role(arn: "arn:p"),
          with: .webIdentity(
            WebIdentity(role: Role(arn: "arn:q"), tokenFile: "/t", setting: "web_identity_token_file"))))
  }

  @Test("Where both files have a setting, the credentials file's counts")
  func bothFiles() throws {
    #expect(
      try recipe(
        config: "[profile p]\nrole_arn = arn:config\nsource_profile = base\n",
        credentials: "[p]\nrole_arn = arn:credentials\n[base]\n\(Self.keySettings)")
        == .role(Role(arn: "arn:credentials"), with: keys("STATIC")))
  }

  @Test("credential_source names one of three", arguments: Recipe.Named.allCases)
  func credentialSource(source: Recipe.Named) throws {
    #expect(
      try recipe(config: "[profile p]\nrole_arn = arn:p\ncredential_source = \(source.rawValue)")
        == .role(Role(arn: "arn:p"), with: .named(source)))
  }

  @Test(
    "A loop is told with its whole way round",
    arguments: [
      ("[profile p]\nrole_arn = a\nsource_profile = p", "p → p"),
      ("[profile p]\nrole_arn = a\nsource_profile = q\n[profile q]\nrole_arn = b\nsource_profile = p", "p → q → p"),
      ("[profile p]\nrole_arn = a\nsource_profile = q\n[profile q]\nrole_arn = b\nsource_profile = q", "p → q → q"),
      (
        "[profile p]\nrole_arn = a\nsource_profile = q\n\(keySettings)[profile q]\nrole_arn = b\nsource_profile = p",
        "p → q → p"
      ),
      (
        """
        [profile p]\nrole_arn = a\nsource_profile = q\n[profile q]\nrole_arn = b\nsource_profile = r
        [profile r]\nrole_arn = c\nsource_profile = q
        """, "p → q → r → q"
      ),
    ])
  func loops(config: String, way: String) {
    #expect(reason(config: config) == "source_profile goes round in a loop: \(way)")
  }

  @Test(
    "What can't be done is told",
    arguments: [
      ("role_arn = a", "neither source_profile nor credential_source"),
      ("role_arn = a\nsource_profile = q\ncredential_source = Environment", "both source_profile and"),
      ("role_arn = a\nsource_profile = nowhere", "'nowhere', which isn't in the files"),
      ("role_arn = a\nsource_profile = q", "the source_profile 'q' of the profile 'p' has no credentials"),
      ("role_arn = a\ncredential_source = environment", "has to be one of Environment, EcsContainer"),
      ("role_arn = a\nsource_profile = p\nmfa_serial = m\n\(keySettings)", "mfa_serial"),
      ("role_arn = a\nsource_profile = p\nduration_seconds = soon\n\(keySettings)", "duration_seconds"),
      ("web_identity_token_file = /t", "no role_arn"), ("sso_account_id = 1\nsso_role_name = r\n\(keySettings)", "SSO"),
      ("login_session = x", "login_session"), ("aws_access_key_id = A", "secret access key is missing"),
      ("aws_access_key_id =\naws_secret_access_key = hidden", "access key id is missing"),
      ("aws_access_key_id = A\naws_secret_access_key = hid den", "white space"),
    ])
  func failures(settings: String, expected: String) {
    let reason = reason(config: "[profile p]\n\(settings)\n[profile q]\nregion = eu-west-1\n")
    #expect(reason?.contains(expected) == true, "\(String(describing: reason))")
    #expect(reason?.contains("hid") == false)
  }

  @Test("A profile that says nothing about credentials lets the next source be asked")
  func nothing() throws {
    #expect(throws: SourceFailure.absent("it has no settings for credentials")) {
      try recipe(config: "[profile p]\nregion = eu-west-1\nsso_session = s\naws_secret_access_key = hidden\n")
    }
  }
}
