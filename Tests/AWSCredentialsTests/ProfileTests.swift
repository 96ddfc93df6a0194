import Foundation
import Testing

@testable import AWSCredentials

@Suite("Profile")
struct ProfileTests {
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
    let profile = try Profile(environment: AWSEnvironment([:])) { path throws(CredentialsUnavailable) -> String? in
      throw CredentialsUnavailable("\(path) was looked for")
    }
    #expect(profile == nil)
  }

  @Test("That there is no default profile is no error")
  func noDefault() throws {
    #expect(try Self.profile(["HOME": "/home/x"], files: [:]) == nil)
    #expect(try Self.profile(["HOME": "/home/x"], files: [Self.config: "[profile other]\nregion = r"]) == nil)
  }

  @Test("That there is no profile of the name asked for is an error that says where it was looked for")
  func noSuchProfile() throws {
    let error = try #require(throws: CredentialsUnavailable.self) {
      try Self.profile(["HOME": "/home/x", "AWS_PROFILE": "typo"], files: [Self.config: "[profile other]\nregion = r"])
    }
    for part in ["'typo'", "AWS_PROFILE", Self.credentials, Self.config] {
      #expect(error.reason.contains(part))
    }
  }

  @Test("The config file's settings come before the credentials file's, and an empty one is none")
  func settings() throws {
    let profile = try #require(
      try Self.profile(
        ["HOME": "/home/x"],
        files: [
          Self.credentials: "[default]\nregion = from-credentials\nendpoint_url = c\nempty =",
          Self.config: "[default]\nregion = from-config\nservices =",
        ]))
    #expect(profile.setting("region") == "from-config")
    #expect(profile.setting("endpoint_url") == "c")
    #expect(profile.setting("empty") == nil)
    #expect(profile.setting("services") == nil)
    #expect(profile.setting("absent") == nil)
  }

  @Test(
    "A malformed line in either file is an error, even where the profile is in the other one",
    arguments: [credentials, config])
  func malformed(_ path: String) throws {
    var files = [Self.credentials: "[default]\na = 1", Self.config: "[default]\na = 1"]
    files[path] = "[default]\nbroken"
    let error = try #require(throws: CredentialsUnavailable.self) {
      try Self.profile(["HOME": "/home/x"], files: files)
    }
    #expect(error.reason.hasPrefix("\(path), line 2:"))
  }

  @Test("A file is read from disk; one that isn't there is none")
  func readFromDisk() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("[default]\nregion = é", to: "config")
    #expect(try Profile.read(path) == "[default]\nregion = é")
    #expect(try Profile.read(folder.path("absent")) == nil)
  }

  @Test("A file that can't be read, or isn't text, is an error that names it")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let binary = try folder.write(Data([0x5B, 0xFF, 0xFE]), to: "binary")
    for path in [binary, folder.path("")] {
      let error = try #require(throws: CredentialsUnavailable.self) { try Profile.read(path) }
      #expect(error.reason.hasPrefix(path))
    }
  }

  private static func profile(_ environment: [String: String], files: [String: String]) throws -> Profile? {
    try Profile(environment: AWSEnvironment(environment)) { path throws(CredentialsUnavailable) -> String? in
      files[path]
    }
  }
}
