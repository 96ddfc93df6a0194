import AWSSettings
import Testing

/// Values that most tests need one of.
enum Sample {
  static func region(_ name: String = "eu-west-1") throws -> Region {
    try Region(environment: AWSEnvironment(["AWS_REGION": name]), profile: nil)
  }

  /// The profile `work`, with these lines in the config file, and the sections that follow them.
  static func profile(_ config: String) throws -> Profile {
    let environment = AWSEnvironment(["HOME": "/home/x", "AWS_PROFILE": "work"])
    let files = try ProfileFiles(environment: environment) { path throws(AWSSettingsError) -> String? in
      path.hasSuffix("config") ? "[profile work]\n\(config)" : nil
    }
    return try #require(try files.current())
  }
}
