import ArgumentParser
import AuditLog
import GatewayServer

/// The settings of `serve`, which `doctor` reads as well.
struct ServeOptions: ParsableArguments {
  @Option(
    help: .setting(
      .listen,
      "Where callers come in: HOST:PORT (port 0 takes a free one), unix:/PATH, or fd:3, the socket that systemd passes.",
      valueName: "address"))
  var listen: String?

  @Option(help: .setting(.adminListen, "Where /metrics, /livez and /readyz are.", valueName: "address"))
  var adminListen: String?

  @Option(help: .setting(.socketMode, "The mode of UNIX sockets, octal.", valueName: "mode"))
  var socketMode: String?

  @Option(
    help: .setting(.socketGroup, "The group of UNIX sockets; the process's own otherwise.", valueName: "name|number"))
  var socketGroup: String?

  @Option(
    help: .setting(
      .takeOver,
      "Follow the gateway that has the same audit log: listen at once, and wait so long for it to stop (1s to 10m); or off.",
      valueName: "duration"))
  var takeOver: String?

  @Option(
    help: .setting(
      .stopDelay, "How long calls are still taken after SIGTERM while /readyz fails already, up to 5m.",
      valueName: "duration"))
  var stopDelay: String?

  @Option(help: .setting(.tokens, "The tokens file.", valueName: "file"))
  var tokens: String?

  @Option(help: .setting(.auditLog, "The audit log.", valueName: "file"))
  var auditLog: String?

  @Option(
    name: .customLong("audit-copy"),
    help: .setting(
      .auditCopies,
      "Where each audit record goes as well, once it is in the log: stdout, syslog (RFC 5424, to \(AuditCopyTarget.syslogPath))"
        + " or syslog:/path/of/a/socket; repeatable, a list in the variable.", valueName: "copy"))
  var auditCopies: [String] = []

  @Option(
    help: .setting(
      .auditSigningKey, "An Ed25519 key in PEM that signs the audit log; 'audit keygen' makes one.", valueName: "file"))
  var auditSigningKey: String?

  @Option(
    help: .setting(
      .auditReserve, "How much room should be free for the audit log; readiness warns below it; or off.",
      valueName: "size"))
  var auditReserve: String?

  @Option(
    name: .customLong("trusted-proxy"),
    help: .setting(
      .trustedProxies,
      "A proxy whose X-Forwarded-For and Forwarded are believed, or unix for whoever comes over a UNIX socket; repeatable, a"
        + " list in the variable.",
      valueName: "cidr"))
  var trustedProxies: [String] = []

  @Option(
    name: .customLong("cors-origin"),
    help: .setting(
      .corsOrigins,
      "An origin whose web pages may call from a browser, such as https://tools.example.com; repeatable, a list in the"
        + " variable.", valueName: "origin"))
  var corsOrigins: [String] = []

  @Option(help: .setting(.requestTimeout, "How long a whole call may take, 100ms to 5m.", valueName: "duration"))
  var requestTimeout: String?

  @Option(help: .setting(.maxInFlight, "How many calls to AWS may be under way.", valueName: "number"))
  var maxInFlight: String?

  @Option(
    help: .setting(
      .maxConnections, "How many connections may be open; more wait in the kernel's queue.", valueName: "number"))
  var maxConnections: String?

  @Option(
    help: .setting(
      .maxConnectionsPerAddress, "How many of them one address may have that isn't a trusted proxy.",
      valueName: "number"))
  var maxConnectionsPerAddress: String?

  @Option(
    help: .setting(
      .tokenRate, "How many calls a token may make, a second and at once; or off.", valueName: "rate"))
  var tokenRate: String?

  @Option(
    help: .setting(
      .failureRate, "How many tokens that are no good an address may bring, a second and at once; or off.",
      valueName: "rate"))
  var failureRate: String?

  @Option(
    help: .setting(.logLevel, "trace, debug, info, notice, warning, error or critical.", valueName: "level"))
  var logLevel: String?

  @Option(
    help: .setting(.logFormat, "text or json; text on a terminal, else json.", valueName: "format"))
  var logFormat: String?

  /// What the command line says.
  var flags: ServeSettings.Flags {
    var flags = ServeSettings.Flags()
    flags.listen = listen
    flags.adminListen = adminListen
    flags.socketMode = socketMode
    flags.socketGroup = socketGroup
    flags.takeOver = takeOver
    flags.stopDelay = stopDelay
    flags.tokens = tokens
    flags.auditLog = auditLog
    flags.auditCopies = auditCopies
    flags.auditSigningKey = auditSigningKey
    flags.auditReserve = auditReserve
    flags.trustedProxies = trustedProxies
    flags.corsOrigins = corsOrigins
    flags.requestTimeout = requestTimeout
    flags.maxInFlight = maxInFlight
    flags.maxConnections = maxConnections
    flags.maxConnectionsPerAddress = maxConnectionsPerAddress
    flags.tokenRate = tokenRate
    flags.failureRate = failureRate
    flags.logLevel = logLevel
    flags.logFormat = logFormat
    return flags
  }
}

extension ArgumentHelp {
  /// The help of a setting: what it is, its variable, its default.
  static func setting(_ setting: Setting, _ abstract: String, valueName: String) -> ArgumentHelp {
    let defaultText = setting.defaultText.map { ", default: \($0)" } ?? ""
    return ArgumentHelp("\(abstract) [\(setting.variable)\(defaultText)]", valueName: valueName)
  }
}
