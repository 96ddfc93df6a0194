package import AWSSettings
import GatewayCore
package import HTTPListener
package import Logging

/// Everything that `serve` is told, checked.
package struct ServeSettings: Sendable {
  /// What the command line says; `nil` or empty where it says nothing.
  package struct Flags: Sendable {
    package var listen: String?
    package var adminListen: String?
    package var tokens: String?
    package var auditLog: String?
    package var auditReserve: String?
    package var trustedProxies: [String] = []
    package var requestTimeout: String?
    package var maxInFlight: String?
    package var logLevel: String?
    package var logFormat: String?

    package init() {}
  }

  package let listen: ListenAddress
  package let adminListen: ListenAddress
  package let tokensPath: String
  package let auditPath: String
  /// In bytes; 0 for none.
  package let auditReserve: Int64
  package let trustedProxies: TrustedProxies
  package let requestTimeout: Duration
  package let maxInFlight: Int
  package let logLevel: Logger.Level
  package let logFormat: LogFormat
  package let aws: AWSEnvironment
  package let region: Region
  package let endpoint: Endpoint
  /// `AWS_MAX_ATTEMPTS`, the first one included.
  package let maxAttempts: Int
  /// `AWS_CA_BUNDLE`.
  package let certificateBundle: String?

  /// Flags win over the environment, the environment over the defaults.
  ///
  /// - Parameter isTerminal: whether the log goes to a terminal, where text is the default.
  /// - Throws: `SettingsError`, for the first setting that can't be used.
  package init(_ flags: Flags, environment: [String: String], isTerminal: Bool) throws(SettingsError) {
    listen = try Self.address(.listen, flags.listen, environment)
    adminListen = try Self.address(.adminListen, flags.adminListen, environment)
    tokensPath = try Self.text(.tokens, flags.tokens, environment)
    auditPath = try Self.text(.auditLog, flags.auditLog, environment)
    auditReserve = try Self.auditReserve(flags.auditReserve, environment)
    trustedProxies = try Self.trustedProxies(flags.trustedProxies, environment)
    requestTimeout = try Self.requestTimeout(flags.requestTimeout, environment)
    maxInFlight = try Self.maxInFlight(flags.maxInFlight, environment)
    logLevel = try Self.logLevel(flags.logLevel, environment)
    logFormat = try Self.logFormat(flags.logFormat, environment, isTerminal: isTerminal)
    aws = AWSEnvironment(environment)
    let profile = Self.profile(aws)
    (region, endpoint) = try Self.upstream(aws, profile)
    maxAttempts = try Self.maxAttempts(aws, profile)
    certificateBundle = aws["AWS_CA_BUNDLE"]
  }

  private static func text(
    _ setting: Setting, _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> String {
    guard let text = setting.value(flag, environment), !text.isEmpty else {
      throw SettingsError(setting.flag, "is empty")
    }
    return text
  }

  private static func address(
    _ setting: Setting, _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> ListenAddress {
    let text = try text(setting, flag, environment)
    guard let address = ListenAddress(text) else {
      throw SettingsError(setting.flag, "'\(text)' has to be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    }
    return address
  }

  private static func auditReserve(
    _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> Int64 {
    let text = try text(.auditReserve, flag, environment)
    guard let bytes = text == "off" ? 0 : ByteSizeText.bytes(text) else {
      throw SettingsError(Setting.auditReserve.flag, "'\(text)' has to be a size such as 64MiB, or off")
    }
    return bytes
  }

  private static func trustedProxies(
    _ flags: [String], _ environment: [String: String]
  ) throws(SettingsError) -> TrustedProxies {
    let setting = Setting.trustedProxies
    let list = setting.value(nil, environment)?.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    var ranges: [AddressRange] = []
    for text in flags.isEmpty ? list ?? [] : flags {
      guard let range = AddressRange(text) else {
        throw SettingsError(setting.flag, "'\(text)' has to be an address or a range such as 10.0.0.0/8")
      }
      ranges.append(range)
    }
    return TrustedProxies(ranges)
  }

  private static func requestTimeout(
    _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> Duration {
    let text = try text(.requestTimeout, flag, environment)
    guard let timeout = DurationText.duration(text), timeout >= .milliseconds(100), timeout <= .seconds(300) else {
      throw SettingsError(Setting.requestTimeout.flag, "'\(text)' has to be a duration from 100ms to 5m, such as 15s")
    }
    return timeout
  }

  private static func maxInFlight(
    _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> Int {
    let text = try text(.maxInFlight, flag, environment)
    guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Int(text), (1...65_536).contains(number) else {
      throw SettingsError(Setting.maxInFlight.flag, "'\(text)' has to be a number from 1 to 65536")
    }
    return number
  }

  private static func logLevel(
    _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> Logger.Level {
    let text = try text(.logLevel, flag, environment)
    guard let level = Logger.Level(rawValue: text) else {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw SettingsError(Setting.logLevel.flag, "'\(text)' has to be one of \(levels)")
    }
    return level
  }

  private static func logFormat(
    _ flag: String?, _ environment: [String: String], isTerminal: Bool
  ) throws(SettingsError) -> LogFormat {
    guard let text = Setting.logFormat.value(flag, environment) else { return isTerminal ? .text : .json }
    guard let format = LogFormat(rawValue: text) else {
      throw SettingsError(Setting.logFormat.flag, "'\(text)' has to be text or json")
    }
    return format
  }

  /// A profile that can't be read has no region and no endpoint to give; what is wrong with it, the credentials tell.
  private static func profile(_ aws: AWSEnvironment) -> Profile? {
    (try? ProfileFiles(environment: aws))?.profile(aws["AWS_PROFILE"] ?? "default")
  }

  private static func upstream(_ aws: AWSEnvironment, _ profile: Profile?) throws(SettingsError) -> (Region, Endpoint) {
    do {
      let region = try Region(environment: aws, profile: profile)
      return (region, try Endpoint(.openSearch, region: region, environment: aws, profile: profile))
    } catch {
      throw SettingsError(error.variable, error.reason)
    }
  }

  private static func maxAttempts(_ aws: AWSEnvironment, _ profile: Profile?) throws(SettingsError) -> Int {
    let mode = aws["AWS_RETRY_MODE"] ?? profile?.setting("retry_mode") ?? "standard"
    guard mode.lowercased() == "standard" else {
      throw SettingsError("AWS_RETRY_MODE", "'\(mode)' isn't supported; there is standard")
    }
    guard let text = aws["AWS_MAX_ATTEMPTS"] ?? profile?.setting("max_attempts") else { return 3 }
    guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Int(text), (1...100).contains(number) else {
      throw SettingsError("AWS_MAX_ATTEMPTS", "'\(text)' has to be a number from 1 to 100")
    }
    return number
  }
}
