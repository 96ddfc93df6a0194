import Testing

@testable import AWSSettings

@Suite("ProfileFile")
struct ProfileFileTests {
  @Test("The config file's profiles are those called 'profile', and default")
  func config() throws {
    let text = """
      # A comment
      ; another one
      [default]
      region = eu-west-1
      output=json

      [profile production]
      region = us-gov-west-1
      ROLE_ARN = arn:aws:iam::123456789012:role/x=y
      s3 =
        max_concurrent_requests = 20
          addressing_style = path
      cli_pager =

      [sso-session corporate]
      sso_region = eu-north-1
      [services testing]
      opensearch =
        endpoint_url = http://127.0.0.1:1
      [production]
      region = nowhere
      [profile "with space"]
      region = a
      [profile 'single']
      region = b
      """
    let file = try ProfileFile(text, path: "config", hasPrefix: true)
    #expect(
      file.profiles == [
        "default": ["region": "eu-west-1", "output": "json"],
        "production": [
          "region": "us-gov-west-1", "role_arn": "arn:aws:iam::123456789012:role/x=y", "s3": "",
          "s3.max_concurrent_requests": "20", "s3.addressing_style": "path", "cli_pager": "",
        ],
        "with space": ["region": "a"], "single": ["region": "b"],
      ])
    #expect(file.services == ["testing": ["opensearch": "", "opensearch.endpoint_url": "http://127.0.0.1:1"]])
  }

  @Test("The credentials file's profiles have just their names")
  func credentials() throws {
    let text = "[default]\naws_access_key_id=A\n[production]\naws_access_key_id = B\n[profile x]\naws_access_key_id = C"
    let profiles = try ProfileFile(text, path: "credentials", hasPrefix: false).profiles
    #expect(profiles["default"] == ["aws_access_key_id": "A"])
    #expect(profiles["production"] == ["aws_access_key_id": "B"])
    #expect(profiles["x"] == nil)
  }

  @Test("Lines may end in LF or CRLF, and the last one in nothing", arguments: ["\n", "\r\n"])
  func lineEnds(_ end: String) throws {
    let text = ["[default]", "a = 1", "", "b = 2"].joined(separator: end)
    let profiles = try ProfileFile(text, path: "config", hasPrefix: true).profiles
    #expect(profiles == ["default": ["a": "1", "b": "2"]])
  }

  @Test("A section that comes twice is one, and a setting that comes twice is its last")
  func twice() throws {
    let text = "[a]\nx=1\ny=1\n[b]\n[a]\nx=2\n"
    #expect(
      try ProfileFile(text, path: "credentials", hasPrefix: false).profiles == ["a": ["x": "2", "y": "1"], "b": [:]])
  }

  @Test("A comment may follow a section's name, as botocore and the AWS CLI have it", arguments: ["#", ";"])
  func commentAfterSection(_ comment: String) throws {
    let text = "[default] \(comment) main account\nregion = eu-west-1"
    #expect(try ProfileFile(text, path: "config", hasPrefix: true).profiles == ["default": ["region": "eu-west-1"]])
  }

  @Test("What follows a section's name is a comment or nothing")
  func junkAfterSection() throws {
    let error = try #require(throws: AWSSettingsError.self) {
      try ProfileFile("[default] production\nregion = eu-west-1", path: "/config", hasPrefix: true)
    }
    #expect(error.reason.hasPrefix("/config, line 1:"))
  }

  @Test("A file with nothing in it has no profiles", arguments: ["", "\n\n", "# nothing"])
  func empty(_ text: String) throws {
    #expect(try ProfileFile(text, path: "config", hasPrefix: true).profiles.isEmpty)
  }

  @Test(
    "A malformed line is told by its file and number, and not quoted",
    arguments: [
      ("[default", 1), ("[default]\nsecret", 2), ("# x\n\n[default]\r\na = 1\r\nsecret words", 5),
      ("secret\n[default]", 1),
      ("[default]\na=1\n[secret", 3), ("]\n", 1),
      ("a = 1", 1), ("a = 1\n[default]", 1), ("[default]\n= secret", 2),
    ])
  func malformed(text: String, line: Int) throws {
    let error = try #require(throws: AWSSettingsError.self) {
      try ProfileFile(text, path: "/home/x/.aws/config", hasPrefix: true)
    }
    #expect(error.reason.hasPrefix("/home/x/.aws/config, line \(line):"))
    #expect(!error.reason.contains("secret"))
  }
}
