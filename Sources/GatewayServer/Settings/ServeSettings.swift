import AWSSettings
package import AuditLog
package import GatewayCore
package import HTTPListener
import IPAddresses
package import Logging

/// Everything that `serve` is told, checked.
package struct ServeSettings: Sendable {
  /// What the command line says; `nil` or empty where it says nothing.
  package struct Flags: Sendable {
    package var listen: String?
    package var adminListen: String?
    package var socketMode: String?
    package var socketGroup: String?
    package var takeOver: String?
    package var stopDelay: String?
    package var tokens: String?
    package var auditLog: String?
    package var auditCopies: [String] = []
    package var auditSigningKey: String?
    package var auditReserve: String?
    package var trustedProxies: [String] = []
    package var corsOrigins: [String] = []
    package var requestTimeout: String?
    package var maxInFlight: String?
    package var maxConnections: String?
    package var maxConnectionsPerAddress: String?
    package var tokenRate: String?
    package var failureRate: String?
    package var logLevel: String?
    package var logFormat: String?

    package init() {}
  }

  package let listen: ListenAddress
  package let adminListen: ListenAddress
  /// The mode and the group of UNIX sockets, and what is said of inherited ones.
  package let listenOptions: ListenOptions
  /// How long to wait for the audit log of the gateway that is taken over from; `nil` if there is none.
  package let takeOver: Duration?
  /// How long calls are taken as ever after the signal to stop, while readiness fails.
  package let stopDelay: Duration
  package let tokensPath: String
  package let auditPath: String
  package let auditCopies: [AuditCopyTarget]
  /// `nil` for an audit without signatures.
  package let auditSigningKeyPath: String?
  /// In bytes; 0 for none.
  package let auditReserve: Int64
  package let trustedProxies: TrustedProxies
  package let cors: CORSPolicy
  package let requestTimeout: Duration
  package let maxInFlight: Int
  package let maxConnections: Int
  package let maxConnectionsPerAddress: Int
  /// How often a token may call that has no rate of its own; `nil` for no limit.
  package let tokenRate: Rate?
  /// How often an address may fail to authenticate; `nil` for no limit.
  package let failureRate: Rate?
  package let logLevel: Logger.Level
  package let logFormat: LogFormat
  package let upstream: UpstreamSettings

  /// Flags win over the environment, the environment over the defaults.
  ///
  /// - Parameter isTerminal: whether the log goes to a terminal, where text is the default.
  /// - Throws: `SettingsError`, for the first setting that can't be used.
  package init(_ flags: Flags, environment: [String: String], isTerminal: Bool) throws(SettingsError) {
    listen = try Self.address(.listen, flags.listen, environment)
    adminListen = try Self.address(.adminListen, flags.adminListen, environment)
    listenOptions = try Self.listenOptions(flags, environment)
    takeOver = try Self.takeOver(flags.takeOver, environment)
    stopDelay = try Self.stopDelay(flags.stopDelay, environment)
    tokensPath = try Self.text(.tokens, flags.tokens, environment)
    auditPath = try Self.text(.auditLog, flags.auditLog, environment)
    auditCopies = try Self.auditCopies(flags.auditCopies, environment)
    auditSigningKeyPath = try Self.optionalText(.auditSigningKey, flags.auditSigningKey, environment)
    auditReserve = try Self.auditReserve(flags.auditReserve, environment)
    trustedProxies = try Self.trustedProxies(flags.trustedProxies, environment)
    cors = try Self.cors(flags.corsOrigins, environment)
    requestTimeout = try Self.requestTimeout(flags.requestTimeout, environment)
    maxInFlight = try Self.number(.maxInFlight, flags.maxInFlight, environment, upTo: 65_536)
    maxConnections = try Self.number(.maxConnections, flags.maxConnections, environment, upTo: 1_000_000)
    maxConnectionsPerAddress = try Self.number(
      .maxConnectionsPerAddress, flags.maxConnectionsPerAddress, environment, upTo: 1_000_000)
    tokenRate = try Self.rate(.tokenRate, flags.tokenRate, environment)
    failureRate = try Self.rate(.failureRate, flags.failureRate, environment)
    logLevel = try Self.logLevel(flags.logLevel, environment)
    logFormat = try Self.logFormat(flags.logFormat, environment, isTerminal: isTerminal)
    // What is said of our sockets isn't for credential_process.
    upstream = try UpstreamSettings(
      AWSEnvironment(environment.filter { !PassedSockets.variables.contains($0.key) }))
  }

  private static func text(
    _ setting: Setting, _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> String {
    guard let text = setting.value(flag, environment), !text.isEmpty else {
      throw SettingsError(setting.flag, "is empty")
    }
    return text
  }

  private static func optionalText(
    _ setting: Setting, _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> String? {
    setting.value(flag, environment) == nil ? nil : try text(setting, flag, environment)
  }

  private static func address(
    _ setting: Setting, _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> ListenAddress {
    let text = try text(setting, flag, environment)
    guard let address = ListenAddress(text) else {
      throw SettingsError(
        setting.flag,
        "'\(text)' has to be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, or unix:/PATH, or fd:NUMBER from fd:3 on")
    }
    return address
  }

  private static func auditCopies(
    _ flags: [String], _ environment: [String: String]
  ) throws(SettingsError) -> [AuditCopyTarget] {
    var targets: [AuditCopyTarget] = []
    for text in list(.auditCopies, flags, environment) {
      guard let target = AuditCopyTarget(text) else {
        throw SettingsError(
          Setting.auditCopies.flag, "'\(text)' has to be stdout, syslog, or syslog: and the path of a socket")
      }
      guard !targets.contains(where: { $0.kind == target.kind }) else {
        throw SettingsError(Setting.auditCopies.flag, "there is more than one copy to \(target.kind)")
      }
      targets.append(target)
    }
    return targets
  }

  /// What a repeatable flag says, else the variable's list.
  private static func list(_ setting: Setting, _ flags: [String], _ environment: [String: String]) -> [String] {
    let list = setting.value(nil, environment)?.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    return flags.isEmpty ? list ?? [] : flags
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
    var ranges: [AddressRange] = []
    let texts = list(setting, flags, environment)
    for text in texts where text != TrustedProxies.unixSocket {
      guard let range = AddressRange(text) else {
        throw SettingsError(
          setting.flag, "'\(text)' has to be an address, a range such as 10.0.0.0/8, or \(TrustedProxies.unixSocket)")
      }
      ranges.append(range)
    }
    return TrustedProxies(ranges, trustsUNIXSocket: texts.contains(TrustedProxies.unixSocket))
  }

  private static func cors(
    _ flags: [String], _ environment: [String: String]
  ) throws(SettingsError) -> CORSPolicy {
    var origins: [Origin] = []
    for text in list(.corsOrigins, flags, environment) {
      do {
        origins.append(try Origin(text))
      } catch {
        throw SettingsError(Setting.corsOrigins.flag, error.reason)
      }
    }
    return CORSPolicy(origins)
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

  private static func number(
    _ setting: Setting, _ flag: String?, _ environment: [String: String], upTo limit: Int
  ) throws(SettingsError) -> Int {
    let text = try text(setting, flag, environment)
    guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Int(text), (1...limit).contains(number) else {
      throw SettingsError(setting.flag, "'\(text)' has to be a number from 1 to \(limit)")
    }
    return number
  }

  private static func rate(
    _ setting: Setting, _ flag: String?, _ environment: [String: String]
  ) throws(SettingsError) -> Rate? {
    let text = try text(setting, flag, environment)
    guard text != "off" else { return nil }
    guard let rate = Rate(text) else {
      throw SettingsError(
        setting.flag, "'\(text)' has to be how many a second and how many at once, such as 10/20, or off")
    }
    return rate
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
}
