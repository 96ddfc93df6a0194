package import AWSSettings
import GatewayCore

/// What says where and how AWS is asked: AWS's own variables and the profile, as every AWS SDK reads them.
package struct UpstreamSettings: Sendable {
  package let environment: AWSEnvironment
  package let region: Region
  package let endpoint: Endpoint
  /// `AWS_MAX_ATTEMPTS`, the first one included.
  package let maxAttempts: Int
  /// `AWS_CA_BUNDLE`.
  package let certificateBundle: String?

  /// - Throws: `SettingsError`, for the first setting that can't be used.
  package init(_ environment: AWSEnvironment) throws(SettingsError) {
    self.environment = environment
    let profile = Self.profile(environment)
    do {
      region = try Region(environment: environment, profile: profile)
      endpoint = try Endpoint(.openSearch, region: region, environment: environment, profile: profile)
    } catch {
      throw SettingsError(error.variable, error.reason)
    }
    maxAttempts = try Self.maxAttempts(environment, profile)
    certificateBundle = environment["AWS_CA_BUNDLE"]
  }

  /// The profile in use. One that can't be read has no region and no endpoint to give; what is wrong with it, the
  /// credentials tell.
  static func profile(_ environment: AWSEnvironment) -> Profile? {
    try? ProfileFiles(environment: environment).current()
  }

  private static func maxAttempts(
    _ environment: AWSEnvironment, _ profile: Profile?
  ) throws(SettingsError) -> Int {
    let mode = environment["AWS_RETRY_MODE"] ?? profile?.setting("retry_mode") ?? "standard"
    guard mode.lowercased() == "standard" else {
      throw SettingsError("AWS_RETRY_MODE", "'\(mode)' isn't supported; there is standard")
    }
    guard let text = environment["AWS_MAX_ATTEMPTS"] ?? profile?.setting("max_attempts") else { return 3 }
    guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Int(text), (1...100).contains(number) else {
      throw SettingsError("AWS_MAX_ATTEMPTS", "'\(text)' has to be a number from 1 to 100")
    }
    return number
  }
}
