import ArgumentParser
import AuditLog
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
      Flags win over the environment, the environment over the defaults. AWS settings are what every AWS SDK reads, from
      the environment and the profile:
      where: AWS_REGION or AWS_DEFAULT_REGION, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT,
      AWS_ENDPOINT_URL_OPENSEARCH, AWS_ENDPOINT_URL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_CA_BUNDLE;
      who: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION, AWS_PROFILE,
      AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME,
      AWS_ENDPOINT_URL_STS, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI,
      AWS_CONTAINER_AUTHORIZATION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, AWS_EC2_METADATA_DISABLED,
      AWS_EC2_METADATA_V1_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE;
      how often: AWS_MAX_ATTEMPTS, AWS_RETRY_MODE. 'connection-gateway doctor' shows what they come to.

      SIGTERM and SIGINT stop it: /readyz fails, --stop-delay passes, no new connections are taken, and calls in flight
      end (25 s at the most). SIGHUP reloads the tokens, looks for AWS credentials anew and reopens \
      the audit log. Exit codes: 0 stopped, 64 wrong usage, 78 a setting can't be used.
      """)

  @OptionGroup var options: ServeOptions

  func run() throws {
    var signals = Signals()
    SecretMemory.forbidDumps()
    let environment = ProcessEnvironment.variables
    do throws(SettingsError) {
      let settings = try ServeSettings(
        options.flags, environment: environment, isTerminal: isatty(STDERR_FILENO) == 1)
      if settings.auditCopies.contains(.standardOutput) { try Self.checkStandardOutput(settings) }
      var logger = Logger(label: "connection-gateway") { _ in
        StandardErrorLog(format: settings.logFormat, level: settings.logLevel, clock: .system)
      }
      logger.logLevel = settings.logLevel
      Self.warnOfUnknownVariables(environment, logger)
      Self.warnOfUnusedSockets(settings, logger)
      try GatewayService(settings, logger: logger)?.run(&signals)
    } catch {
      throw Failure.unusable("\(error)")
    }
  }

  private static func checkStandardOutput(_ settings: ServeSettings) throws(SettingsError) {
    guard !StandardStreams.missing.contains(STDOUT_FILENO) else {
      throw SettingsError(Setting.auditCopies.flag, "standard output is closed")
    }
    guard !StandardStreams.isFile(STDOUT_FILENO, at: settings.auditPath) else {
      throw SettingsError(Setting.auditCopies.flag, "standard output is the audit log itself")
    }
  }

  /// Said, not refused: it serves, but not where the service manager thinks.
  private static func warnOfUnusedSockets(_ settings: ServeSettings, _ logger: Logger) {
    for number in settings.unusedSockets {
      logger.warning("a socket was passed and isn't listened on", metadata: ["socket": "fd:\(number)"])
    }
  }

  /// Said, not refused: Kubernetes sets variables of this kind for a service that is called `gateway`.
  private static func warnOfUnknownVariables(_ environment: [String: String], _ logger: Logger) {
    for name in environment.keys.sorted() where name.hasPrefix("GATEWAY_") && !Setting.variables.contains(name) {
      logger.warning("a variable that this version doesn't read", metadata: ["variable": "\(name)"])
    }
  }
}
