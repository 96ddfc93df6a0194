import AWSSettings
import TestSupport
import Testing

@Suite("ProfileFiles")
struct ProfileFilesTests {
  private static let credentials = "/home/x/.aws/credentials"
  private static let config = "/home/x/.aws/config"

  @Test("The default profile is read from both files in the home folder")
  func defaults() throws {
    let profile = try #require(
      try Self.profile(
        ["HOME": "/home/x"],
        files: [
          Self.credentials: "[default]\naws_access_key_id = A", Self.config: "[default]\nregion = eu-west-1",
        ]))
    #expect(profile.name == "default")
    #expect(profile.credentials == ["aws_access_key_id": "A"])
    #expect(profile.config == ["region": "eu-west-1"])
  }

  @Test("AWS_PROFILE chooses the profile, which may be in one file alone")
  func chosen() throws {
    let files = [
      Self.credentials: "[default]\naws_access_key_id = A\n[keys]\naws_access_key_id = B",
      Self.config: "[profile settings]\nregion = eu-west-1",
    ]
    let keys = try Self.profile(["HOME": "/home/x", "AWS_PROFILE": "keys"], files: files)
    #expect(keys?.credentials == ["aws_access_key_id": "B"])
    #expect(keys?.config == [:])
    let settings = try Self.profile(["HOME": "/home/x", "AWS_PROFILE": "settings"], files: files)
    #expect(settings?.setting("region") == "eu-west-1")
  }

  @Test("Any other profile can be had by its name, for the roles that are assumed with it")
  func byName() throws {
    let files = try Self.files(["HOME": "/home/x"], [Self.config: "[profile a]\nregion = r\n[profile b]"])
    #expect(files.profile("a")?.setting("region") == "r")
    #expect(files.profile("b")?.name == "b")
    #expect(files.profile("c") == nil)
  }

  @Test("The variables that name the files win over the home folder, and may begin with a tilde")
  func otherFiles() throws {
    let environment = [
      "HOME": "/home/x", "AWS_SHARED_CREDENTIALS_FILE": "/etc/keys", "AWS_CONFIG_FILE": "~/other/config",
    ]
    let profile = try Self.profile(
      environment,
      files: [
        "/etc/keys": "[default]\naws_access_key_id = A", "/home/x/other/config": "[default]\nregion = r",
        Self.credentials: "[default]\naws_access_key_id = WRONG", Self.config: "[default]\nregion = wrong",
      ])
    #expect(profile?.credentials == ["aws_access_key_id": "A"])
    #expect(profile?.config == ["region": "r"])
  }

  @Test("Without a home folder and without variables, no file is looked for")
  func noHome() throws {
    let files = try ProfileFiles(environment: AWSEnvironment([:])) { path throws(AWSSettingsError) -> String? in
      throw AWSSettingsError("\(path) was looked for")
    }
    #expect(try files.current() == nil)
  }

  @Test("That there is no default profile is no error")
  func noDefault() throws {
    #expect(try Self.profile(["HOME": "/home/x"], files: [:]) == nil)
    #expect(try Self.profile(["HOME": "/home/x"], files: [Self.config: "[profile other]\nregion = r"]) == nil)
  }

  @Test("That there is no profile of the name asked for is an error that says where it was looked for")
  func noSuchProfile() throws {
    let error = try #require(throws: AWSSettingsError.self) {
      try Self.profile(["HOME": "/home/x", "AWS_PROFILE": "typo"], files: [Self.config: "[profile other]\nregion = r"])
    }
    for part in ["'typo'", "AWS_PROFILE", Self.credentials, Self.config] {
      #expect(error.reason.contains(part))
    }
  }

  @Test("The credentials file's settings come before the config file's, as in botocore, and an empty one is none")
  func settings() throws {
    let profile = try #require(
      try Self.profile(
        ["HOME": "/home/x"],
        files: [
          Self.credentials: "[default]\nregion = from-credentials\nendpoint_url = c\nempty =",
          Self.config: "[default]\nregion = from-config\noutput = json\nservices =",
        ]))
    #expect(profile.setting("region") == "from-credentials")
    #expect(profile.setting("endpoint_url") == "c")
    #expect(profile.setting("output") == "json")
    #expect(profile.setting("empty") == nil)
    #expect(profile.setting("services") == nil)
    #expect(profile.setting("absent") == nil)
  }

  @Test("A profile's settings for one service stand in the services section that it names")
  func services() throws {
    let config = """
      [profile work]
      services = testing
      [profile other]
      services = nowhere
      [services testing]
      opensearch =
        endpoint_url = http://127.0.0.1:1
      sts =
        endpoint_url =
      """
    let files = try Self.files(["HOME": "/home/x"], [Self.config: config])
    let profile = try #require(files.profile("work"))
    #expect(profile.serviceSetting("opensearch", "endpoint_url") == "http://127.0.0.1:1")
    #expect(profile.serviceSetting("sts", "endpoint_url") == nil)
    #expect(profile.serviceSetting("s3", "endpoint_url") == nil)
    #expect(files.profile("other")?.serviceSetting("opensearch", "endpoint_url") == nil)
  }

  @Test(
    "A malformed line in either file is an error, even where the profile is in the other one",
    arguments: [credentials, config])
  func malformed(_ path: String) throws {
    var files = [Self.credentials: "[default]\na = 1", Self.config: "[default]\na = 1"]
    files[path] = "[default]\nbroken"
    let error = try #require(throws: AWSSettingsError.self) {
      try Self.profile(["HOME": "/home/x"], files: files)
    }
    #expect(error.reason.hasPrefix("\(path), line 2:"))
  }

  @Test("A file is read from disk; one that isn't there is none")
  func readFromDisk() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("[default]\nregion = é".utf8), to: "config")
    #expect(try ProfileFiles.read(path) == "[default]\nregion = é")
    #expect(try ProfileFiles.read(folder.file("absent")) == nil)
    #expect(try ProfileFiles.read(folder.write([], to: "empty")) == "")
  }

  @Test("A file that can't be read, or isn't text, is an error that names it")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let binary = try folder.write([0x5B, 0xFF, 0xFE], to: "binary")
    for path in [binary, folder.path] {
      let error = try #require(throws: AWSSettingsError.self) { try ProfileFiles.read(path) }
      #expect(error.reason.hasPrefix(path))
    }
  }

  private static func files(
    _ environment: [String: String], _ files: [String: String]
  ) throws(AWSSettingsError) -> ProfileFiles {
    try ProfileFiles(environment: AWSEnvironment(environment)) { path throws(AWSSettingsError) -> String? in
      files[path]
    }
  }

  private static func profile(
    _ environment: [String: String], files: [String: String]
  ) throws(AWSSettingsError) -> Profile? {
    try Self.files(environment, files).current()
  }
}
