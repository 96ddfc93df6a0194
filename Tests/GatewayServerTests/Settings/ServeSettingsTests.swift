import AWSSettings
import AuditLog
import GatewayCore
import Glibc
import HTTPListener
import HTTPTypes
import IPAddresses
import Logging
import TestSupport
import Testing

@testable import GatewayServer

@Suite("ServeSettings")
struct ServeSettingsTests {
  /// Every setting of ours: its flag, its variable, and a way to set the flag.
  private static let settings: [(setting: Setting, set: @Sendable (inout ServeSettings.Flags, String) -> Void)] = [
    (.listen, { $0.listen = $1 }), (.adminListen, { $0.adminListen = $1 }), (.tokens, { $0.tokens = $1 }),
    (.socketMode, { $0.socketMode = $1 }), (.socketGroup, { $0.socketGroup = $1 }), (.takeOver, { $0.takeOver = $1 }),
    (.stopDelay, { $0.stopDelay = $1 }),
    (.auditLog, { $0.auditLog = $1 }), (.auditCopies, { $0.auditCopies = [$1] }),
    (.auditSigningKey, { $0.auditSigningKey = $1 }), (.auditReserve, { $0.auditReserve = $1 }),
    (.trustedProxies, { $0.trustedProxies = [$1] }), (.corsOrigins, { $0.corsOrigins = [$1] }),
    (.requestTimeout, { $0.requestTimeout = $1 }), (.maxInFlight, { $0.maxInFlight = $1 }),
    (.maxConnections, { $0.maxConnections = $1 }), (.maxConnectionsPerAddress, { $0.maxConnectionsPerAddress = $1 }),
    (.tokenRate, { $0.tokenRate = $1 }), (.failureRate, { $0.failureRate = $1 }),
    (.logLevel, { $0.logLevel = $1 }),
    (.logFormat, { $0.logFormat = $1 }),
  ]

  private static func settings(
    flag: String? = nil, _ value: String = "", environment: [String: String] = [:], isTerminal: Bool = false
  ) throws -> ServeSettings {
    var flags = ServeSettings.Flags()
    for entry in settings where entry.setting.flag == flag { entry.set(&flags, value) }
    return try ServeSettings(
      flags, environment: ["AWS_REGION": "eu-west-1"].merging(environment) { _, new in new }, isTerminal: isTerminal)
  }

  /// Whom the settings take for the client when 10.0.0.1 sends this.
  private static func client(
    _ settings: ServeSettings, _ forwardedFor: String, peer: String? = "10.0.0.1"
  ) throws -> String {
    try settings.trustedProxies.client(peer: peer.flatMap { IPAddress($0) }, fields: [.xForwardedFor: forwardedFor])
      .address
  }

  @Test("Nothing is said: the defaults of the README")
  func defaults() throws {
    let settings = try Self.settings()
    #expect(settings.listen.description == "127.0.0.1:8080")
    #expect(settings.adminListen.description == "127.0.0.1:8081")
    #expect(settings.listenOptions.mode == 0o660)
    #expect(settings.listenOptions.group == nil)
    #expect(settings.listenOptions.sharesPort)
    #expect(settings.takeOver == nil)
    #expect(settings.stopDelay == .zero)
    #expect(settings.tokensPath == "/etc/connection-gateway/tokens.json")
    #expect(settings.auditPath == "/var/log/connection-gateway/audit.jsonl")
    #expect(settings.auditSigningKeyPath == nil)
    #expect(settings.auditReserve == 64 << 20)
    #expect(settings.requestTimeout == .seconds(15))
    #expect(settings.maxInFlight == 256)
    #expect(settings.maxConnections == 12_000)
    #expect(settings.maxConnectionsPerAddress == 6000)
    #expect(settings.tokenRate == Rate(perSecond: 10, burst: 20))
    #expect(settings.failureRate == Rate(perSecond: 5, burst: 20))
    #expect(settings.upstream.maxAttempts == 3)
    #expect(settings.logLevel == .info)
    #expect(settings.logFormat == .json)
    #expect(settings.upstream.region.name == "eu-west-1")
    #expect(settings.upstream.endpoint.host == "es.eu-west-1.amazonaws.com")
    #expect(settings.upstream.certificateBundle == nil)
    #expect(try Self.client(settings, "203.0.113.9") == "10.0.0.1")
  }

  @Test("On a terminal the log is text, elsewhere JSON, unless it is said", arguments: [true, false])
  func logFormat(isTerminal: Bool) throws {
    #expect(try Self.settings(isTerminal: isTerminal).logFormat == (isTerminal ? .text : .json))
    #expect(try Self.settings(flag: "--log-format", "json", isTerminal: isTerminal).logFormat == .json)
    #expect(try Self.settings(environment: ["GATEWAY_LOG_FORMAT": "text"], isTerminal: isTerminal).logFormat == .text)
  }

  @Test("The environment is read")
  func environment() throws {
    let settings = try Self.settings(environment: [
      "GATEWAY_LISTEN": "[::1]:1", "GATEWAY_ADMIN_LISTEN": "localhost:2", "GATEWAY_TOKENS": "t",
      "GATEWAY_SOCKET_MODE": "0600", "GATEWAY_SOCKET_GROUP": "12", "GATEWAY_TAKE_OVER": "1m",
      "GATEWAY_STOP_DELAY": "7s",
      "GATEWAY_AUDIT_LOG": "a", "GATEWAY_AUDIT_COPY": "syslog:/run/log,stdout", "GATEWAY_AUDIT_RESERVE": "2GiB",
      "GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "GATEWAY_REQUEST_TIMEOUT": "2s", "GATEWAY_LOG_LEVEL": "debug",
      "GATEWAY_MAX_IN_FLIGHT": "7", "GATEWAY_TOKEN_RATE": "off", "GATEWAY_FAILURE_RATE": "1/2",
      "AWS_CA_BUNDLE": "/ca.pem", "AWS_MAX_ATTEMPTS": "5", "AWS_RETRY_MODE": "Standard",
    ])
    #expect(settings.listen.description == "[::1]:1")
    #expect(settings.adminListen.description == "localhost:2")
    #expect(settings.listenOptions.mode == 0o600)
    #expect(settings.listenOptions.group == 12)
    #expect(settings.takeOver == .seconds(60))
    #expect(settings.stopDelay == .seconds(7))
    #expect(settings.tokensPath == "t")
    #expect(settings.auditPath == "a")
    #expect(settings.auditCopies == [.syslog(path: "/run/log"), .standardOutput])
    #expect(settings.auditReserve == 2 << 30)
    #expect(settings.requestTimeout == .seconds(2))
    #expect(settings.maxInFlight == 7)
    #expect(settings.tokenRate == nil)
    #expect(settings.failureRate == Rate(perSecond: 1, burst: 2))
    #expect(settings.upstream.maxAttempts == 5)
    #expect(settings.logLevel == .debug)
    #expect(settings.upstream.certificateBundle == "/ca.pem")
    #expect(try Self.client(settings, "203.0.113.9") == "203.0.113.9")
    #expect(try Self.client(settings, "203.0.113.9, ::1") == "203.0.113.9")
  }

  @Test("A flag wins over the environment, and a list of proxies replaces the other")
  func flagsWin() throws {
    var flags = ServeSettings.Flags()
    flags.listen = "127.0.0.1:1"
    flags.tokens = "flag"
    flags.trustedProxies = ["192.0.2.1"]
    flags.requestTimeout = "1s"
    let settings = try ServeSettings(
      flags,
      environment: [
        "AWS_REGION": "eu-west-1", "GATEWAY_LISTEN": "broken", "GATEWAY_TOKENS": "variable",
        "GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8", "GATEWAY_REQUEST_TIMEOUT": "broken", "GATEWAY_AUDIT_LOG": "variable",
      ], isTerminal: false)
    #expect(settings.listen.port == 1)
    #expect(settings.tokensPath == "flag")
    #expect(settings.auditPath == "variable")
    #expect(settings.requestTimeout == .seconds(1))
    #expect(try Self.client(settings, "203.0.113.9") == "10.0.0.1")
  }

  @Test("Origins are taken from the flag, or from the variable's list; without any there are none")
  func corsOrigins() throws {
    let fields: HTTPFields = [.origin: "https://b.example"]
    let settings = [
      try Self.settings(), try Self.settings(flag: "--cors-origin", "https://a.example"),
      try Self.settings(flag: "--cors-origin", "https://b.example"),
      try Self.settings(environment: ["GATEWAY_CORS_ORIGINS": "https://a.example, https://b.example"]),
      try Self.settings(
        flag: "--cors-origin", "https://a.example", environment: ["GATEWAY_CORS_ORIGINS": "https://b.example"]),
    ]
    let allowed = settings.map { settings in
      var response = Response(status: .ok)
      settings.cors.add(to: &response, for: Samples.request("GET", "/", fields: fields))
      return (response.fields[.vary] != nil, response.fields[.accessControlAllowOrigin] != nil)
    }
    #expect(allowed.map(\.0) == [false, true, true, true, true])
    #expect(allowed.map(\.1) == [false, false, true, true, false])
  }

  @Test("There is one audit copy of a kind")
  func auditCopies() throws {
    let both = try Self.settings(environment: ["GATEWAY_AUDIT_COPY": "stdout syslog"])
    #expect(both.auditCopies == [.standardOutput, .syslog(path: "/dev/log")])
    let error = #expect(throws: SettingsError.self) {
      try Self.settings(environment: ["GATEWAY_AUDIT_COPY": "syslog,syslog:/run/log"])
    }
    #expect(error?.setting == "--audit-copy")
  }

  @Test("An empty variable counts as none", arguments: settings.map(\.setting.variable))
  func emptyVariable(name: String) throws {
    let settings = try Self.settings(environment: [name: ""])
    let defaults = try Self.settings()
    #expect(settings.listen == defaults.listen)
    #expect(settings.adminListen == defaults.adminListen)
    #expect(settings.tokensPath == defaults.tokensPath)
    #expect(settings.auditPath == defaults.auditPath)
    #expect(settings.auditCopies == [])
    #expect(settings.auditReserve == defaults.auditReserve)
    #expect(settings.requestTimeout == defaults.requestTimeout)
    #expect(settings.maxInFlight == defaults.maxInFlight)
    #expect(settings.tokenRate == defaults.tokenRate)
    #expect(settings.failureRate == defaults.failureRate)
    #expect(settings.logLevel == defaults.logLevel)
    #expect(settings.logFormat == defaults.logFormat)
  }

  private static let badValues = [
    ("--listen", ["", "8080", "localhost", ":80", "localhost:99999", "unix:run/x.sock", "fd:3x", "fd:2"]),
    ("--admin-listen", ["", "8081", "::1:80"]), ("--tokens", [""]), ("--audit-log", [""]),
    ("--socket-mode", ["", "rw", "660x", "0o660", "888", "0060", "1777", "00660", "66", "-660"]),
    ("--socket-group", ["", "no such group", "-1", "4294967295", "4294967296"]),
    ("--take-over", ["", "0s", "60", "999ms", "601s", "on"]), ("--stop-delay", ["", "5", "-1s", "301s", "off"]),
    ("--audit-copy", ["", "file", "stdout,file", "syslog:", "syslog:relative"]),
    ("--audit-reserve", ["", "much", "64 MiB", "64mib", "64M", "-1", "1.5GiB", "none", "9223372036854775807KiB"]),
    ("--trusted-proxy", ["", "all", "10.0.0.1/8", "10.0.0.0/8,10.0.0.1/8"]),
    ("--cors-origin", ["", "*", "null", "example.com", "https://example.com/", "https://a.example,*"]),
    ("--request-timeout", ["", "15", "0s", "99ms", "301s", "6m", "1d", "-1s", "forever"]),
    ("--max-connections", ["", "0", "1000001", "many"]), ("--max-connections-per-address", ["0", "-1", "off"]),
    ("--max-in-flight", ["", "0", "-1", "+1", "65537", "many", "1.5"]),
    (
      "--token-rate",
      ["", "10", "10/", "/20", "0/20", "10/0", "-1/5", "1.5/20", "10/20/30", "1000001/1", "OFF", "none"]
    ),
    ("--failure-rate", ["", "5", "5 / 20", "5/twenty", "1/1000001", "unlimited"]),
    ("--log-level", ["", "loud", "INFO", "warn"]), ("--log-format", ["", "xml", "JSON"]),
  ].flatMap { flag, values in values.map { (flag, $0) } }

  @Test("A flag's bad value is refused, and the error names the flag", arguments: badValues)
  func badFlag(flag: String, value: String) {
    let error = #expect(throws: SettingsError.self) { try Self.settings(flag: flag, value) }
    #expect(error?.setting == flag)
    #expect(error?.description.hasPrefix("\(flag): ") == true)
    #expect(error?.reason.isEmpty == false)
  }

  @Test(
    "A variable's bad value is refused, and the error names the flag", arguments: badValues.filter { !$0.1.isEmpty })
  func badVariable(flag: String, value: String) throws {
    let setting = try #require(Self.settings.first { $0.setting.flag == flag }).setting
    let error = #expect(throws: SettingsError.self) { try Self.settings(environment: [setting.variable: value]) }
    #expect(error?.setting == flag)
  }

  @Test(
    "An error is one line, whatever the value has in it",
    arguments: [
      "--listen", "--admin-listen", "--audit-reserve", "--trusted-proxy", "--cors-origin", "--request-timeout",
      "--max-in-flight", "--max-connections", "--token-rate", "--failure-rate", "--log-level", "--log-format",
    ])
  func oneLine(flag: String) {
    let error = #expect(throws: SettingsError.self) { try Self.settings(flag: flag, "a\nfake: line\u{1B}[2J") }
    #expect(error?.description.unicodeScalars.contains { $0.value < 0x20 } == false)
  }

  @Test(
    "Modes that let the owner in", arguments: [("600", 0o600), ("0660", 0o660), ("666", 0o666), ("0777", 0o777)])
  func socketMode(text: String, mode: UInt32) throws {
    #expect(try Self.settings(flag: "--socket-mode", text).listenOptions.mode == mode)
  }

  @Test("A group has a name or a number")
  func socketGroup() throws {
    #expect(try Self.settings(flag: "--socket-group", "root").listenOptions.group == 0)
    #expect(try Self.settings(flag: "--socket-group", "4711").listenOptions.group == 4711)
  }

  @Test("The limits of a take-over and of the delay of a stop are in them")
  func handoverLimits() throws {
    #expect(try Self.settings(flag: "--take-over", "off").takeOver == nil)
    #expect(try Self.settings(flag: "--take-over", "1s").takeOver == .seconds(1))
    #expect(try Self.settings(flag: "--take-over", "10m").takeOver == .seconds(600))
    #expect(try Self.settings(flag: "--stop-delay", "0s").stopDelay == .zero)
    #expect(try Self.settings(flag: "--stop-delay", "5m").stopDelay == .seconds(300))
  }

  @Test("What systemd says of its sockets is for us: credential_process doesn't get to know")
  func passedSockets() throws {
    let settings = try Self.settings(
      flag: "--listen", "fd:4",
      environment: ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "x:y", "PATH": "/bin"])
    #expect(settings.unusedSockets == [3])
    let variables = settings.upstream.environment.variables
    #expect(variables["PATH"] == "/bin")
    #expect(!variables.keys.contains { $0.hasPrefix("LISTEN_") })
  }

  @Test("No reserve is a reserve of nothing", arguments: ["off", "0", "0MiB"])
  func noReserve(text: String) throws {
    #expect(try Self.settings(flag: "--audit-reserve", text).auditReserve == 0)
  }

  @Test("The peer of a UNIX socket is trusted if that is said, among others")
  func unixSocket() throws {
    let both = try Self.settings(environment: ["GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8,unix"])
    #expect(try Self.client(both, "203.0.113.9", peer: nil) == "203.0.113.9")
    #expect(try Self.client(both, "203.0.113.9") == "203.0.113.9")
    let one = try Self.settings(flag: "--trusted-proxy", "unix")
    #expect(try Self.client(one, "203.0.113.9", peer: nil) == "203.0.113.9")
    #expect(try Self.client(one, "203.0.113.9") == "10.0.0.1")
    #expect(try Self.client(Self.settings(), "203.0.113.9", peer: nil) == "unix")
  }

  @Test("The limits of the request timeout are in it", arguments: ["100ms", "300s", "5m"])
  func timeoutLimits(text: String) throws {
    #expect(try Self.settings(flag: "--request-timeout", text).requestTimeout == DurationText.duration(text))
  }

  @Test(
    "What AWS's variables say wrong is refused, and the error names the variable",
    arguments: [
      (["AWS_REGION": ""], "AWS_REGION"), (["AWS_REGION": "eu west"], "AWS_REGION"),
      (["AWS_REGION": "evil.example/"], "AWS_REGION"),
      (["AWS_ENDPOINT_URL_OPENSEARCH": "localhost:8080"], "AWS_ENDPOINT_URL_OPENSEARCH"),
      (["AWS_ENDPOINT_URL": "ftp://x"], "AWS_ENDPOINT_URL"),
      (["AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "https://x"], "AWS_ENDPOINT_URL"),
      (
        ["AWS_USE_DUALSTACK_ENDPOINT": "True", "AWS_ENDPOINT_URL_OPENSEARCH": "https://x"],
        "AWS_ENDPOINT_URL_OPENSEARCH"
      ),
      (["AWS_MAX_ATTEMPTS": "0"], "AWS_MAX_ATTEMPTS"), (["AWS_MAX_ATTEMPTS": "three"], "AWS_MAX_ATTEMPTS"),
      (["AWS_MAX_ATTEMPTS": "101"], "AWS_MAX_ATTEMPTS"), (["AWS_RETRY_MODE": "adaptive"], "AWS_RETRY_MODE"),
      (["AWS_RETRY_MODE": "legacy"], "AWS_RETRY_MODE"),
    ])
  func badAWSVariable(environment: [String: String], variable: String) {
    let error = #expect(throws: SettingsError.self) { try Self.settings(environment: environment) }
    #expect(error?.setting == variable)
  }

  @Test("Plain HTTP is for an endpoint URL that says so", arguments: ["http://127.0.0.1:9", "https://127.0.0.1:9"])
  func plainHTTP(url: String) throws {
    let settings = try Self.settings(environment: ["AWS_ENDPOINT_URL_OPENSEARCH": url])
    #expect(settings.upstream.endpoint.url == url)
  }

  @Test("FIPS and dual stack are AWS's own endpoints, and the profile may ask for them as well")
  func variants() throws {
    let fips = try Self.settings(environment: ["AWS_USE_FIPS_ENDPOINT": "true"])
    #expect(fips.upstream.endpoint.host == "es-fips.eu-west-1.amazonaws.com")
    let folder = try TemporaryFolder()
    let config = try folder.write(
      Array("[default]\nuse_dualstack_endpoint = true\nmax_attempts = 2\nregion = eu-west-3".utf8), to: "config")
    let profile = try Self.settings(environment: ["AWS_CONFIG_FILE": config, "AWS_REGION": ""])
    #expect(profile.upstream.endpoint.host == "aos.eu-west-3.api.aws")
    #expect(profile.upstream.maxAttempts == 2)
  }

  @Test("Every setting has a flag and a variable of its own, and the list of variables is complete")
  func names() {
    #expect(Set(Self.settings.map(\.setting.flag)).count == Self.settings.count)
    #expect(Setting.variables == Set(Self.settings.map(\.setting.variable)))
    #expect(Self.settings.allSatisfy { $0.setting.variable.hasPrefix("GATEWAY_") && $0.setting.flag.hasPrefix("--") })
  }
}
