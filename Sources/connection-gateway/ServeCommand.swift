import ArgumentParser
import Clocks
import Digest
import GatewayServer
import Glibc
import Logging

/// `serve`: the service itself.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve the gateway's HTTP interface.",
    discussion: """
      Flags win over the environment, the environment over the defaults. AWS settings come from the environment alone:
      AWS_REGION or AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE,
      AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_ENDPOINT_URL_OPENSEARCH, AWS_ENDPOINT_URL,
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_CA_BUNDLE.

      SIGTERM and SIGINT stop it once calls in flight have ended (25 s at the most). SIGHUP reloads the tokens and
      reopens the audit log. Exit codes: 0 stopped, 64 wrong usage, 78 a setting can't be used.
      """)

  @Option(help: .setting(.listen, "Where callers come in; port 0 takes a free one.", valueName: "host:port"))
  var listen: String?

  @Option(help: .setting(.adminListen, "Where /metrics, /livez and /readyz are.", valueName: "host:port"))
  var adminListen: String?

  @Option(help: .setting(.tokens, "The tokens file.", valueName: "file"))
  var tokens: String?

  @Option(help: .setting(.auditLog, "The audit log.", valueName: "file"))
  var auditLog: String?

  @Option(
    name: .customLong("trusted-proxy"),
    help: .setting(
      .trustedProxies, "A proxy whose X-Forwarded-For is believed; repeatable, a list in the variable.",
      valueName: "cidr"))
  var trustedProxies: [String] = []

  @Option(help: .setting(.requestTimeout, "How long a whole call may take, 100ms to 5m.", valueName: "duration"))
  var requestTimeout: String?

  @Option(
    help: .setting(.logLevel, "trace, debug, info, notice, warning, error or critical.", valueName: "level"))
  var logLevel: String?

  @Option(
    help: .setting(.logFormat, "text or json; text on a terminal, else json.", valueName: "format"))
  var logFormat: String?

  func run() throws {
    var signals = Signals()
    SecretMemory.forbidDumps()
    let environment = ProcessEnvironment.variables
    do throws(SettingsError) {
      let settings = try ServeSettings(
        flags, environment: environment, isTerminal: isatty(STDERR_FILENO) == 1)
      var logger = Logger(label: "connection-gateway") { _ in
        StandardErrorLog(format: settings.logFormat, level: settings.logLevel, clock: .system)
      }
      logger.logLevel = settings.logLevel
      Self.warnOfUnknownVariables(environment, logger)
      try GatewayService(settings, logger: logger).run(&signals)
    } catch {
      throw Failure.unusable("\(error)")
    }
  }

  private var flags: ServeSettings.Flags {
    var flags = ServeSettings.Flags()
    flags.listen = listen
    flags.adminListen = adminListen
    flags.tokens = tokens
    flags.auditLog = auditLog
    flags.trustedProxies = trustedProxies
    flags.requestTimeout = requestTimeout
    flags.logLevel = logLevel
    flags.logFormat = logFormat
    return flags
  }

  /// Said, not refused: Kubernetes sets variables of this kind for a service that is called `gateway`.
  private static func warnOfUnknownVariables(_ environment: [String: String], _ logger: Logger) {
    let ignored = ["AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"]
    for name in environment.keys.sorted()
    where name.hasPrefix("GATEWAY_") && !Setting.variables.contains(name) || ignored.contains(name) {
      logger.warning("a variable that this version doesn't read", metadata: ["variable": "\(name)"])
    }
  }
}

extension ArgumentHelp {
  /// The help of a setting: what it is, its variable, its default.
  static func setting(_ setting: Setting, _ abstract: String, valueName: String) -> ArgumentHelp {
    let defaultText = setting.defaultText.map { ", default: \($0)" } ?? ""
    return ArgumentHelp("\(abstract) [\(setting.variable)\(defaultText)]", valueName: valueName)
  }
}
