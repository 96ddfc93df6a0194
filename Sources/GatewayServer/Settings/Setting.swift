/// A setting's names and default, in one place for `--help`, the environment and the errors.
package struct Setting: Sendable {
  /// `--listen`.
  package let flag: String
  /// `GATEWAY_LISTEN`.
  package let variable: String
  /// As it would be written on the command line.
  package let defaultText: String?

  package static let listen = Setting(flag: "--listen", variable: "GATEWAY_LISTEN", defaultText: "127.0.0.1:8080")
  package static let adminListen = Setting(
    flag: "--admin-listen", variable: "GATEWAY_ADMIN_LISTEN", defaultText: "127.0.0.1:8081")
  package static let socketMode = Setting(
    flag: "--socket-mode", variable: "GATEWAY_SOCKET_MODE", defaultText: "0660")
  package static let socketGroup = Setting(
    flag: "--socket-group", variable: "GATEWAY_SOCKET_GROUP", defaultText: nil)
  package static let takeOver = Setting(flag: "--take-over", variable: "GATEWAY_TAKE_OVER", defaultText: "off")
  package static let stopDelay = Setting(flag: "--stop-delay", variable: "GATEWAY_STOP_DELAY", defaultText: "0s")
  package static let tokens = Setting(
    flag: "--tokens", variable: "GATEWAY_TOKENS", defaultText: "/etc/connection-gateway/tokens.json")
  package static let auditLog = Setting(
    flag: "--audit-log", variable: "GATEWAY_AUDIT_LOG", defaultText: "/var/log/connection-gateway/audit.jsonl")
  package static let auditCopies = Setting(flag: "--audit-copy", variable: "GATEWAY_AUDIT_COPY", defaultText: nil)
  package static let auditSigningKey = Setting(
    flag: "--audit-signing-key", variable: "GATEWAY_AUDIT_SIGNING_KEY", defaultText: nil)
  package static let auditReserve = Setting(
    flag: "--audit-reserve", variable: "GATEWAY_AUDIT_RESERVE", defaultText: "64MiB")
  package static let trustedProxies = Setting(
    flag: "--trusted-proxy", variable: "GATEWAY_TRUSTED_PROXIES", defaultText: nil)
  package static let corsOrigins = Setting(flag: "--cors-origin", variable: "GATEWAY_CORS_ORIGINS", defaultText: nil)
  package static let requestTimeout = Setting(
    flag: "--request-timeout", variable: "GATEWAY_REQUEST_TIMEOUT", defaultText: "15s")
  package static let maxInFlight = Setting(
    flag: "--max-in-flight", variable: "GATEWAY_MAX_IN_FLIGHT", defaultText: "256")
  package static let maxConnections = Setting(
    flag: "--max-connections", variable: "GATEWAY_MAX_CONNECTIONS", defaultText: "12000")
  package static let maxConnectionsPerAddress = Setting(
    flag: "--max-connections-per-address", variable: "GATEWAY_MAX_CONNECTIONS_PER_ADDRESS", defaultText: "6000")
  package static let tokenRate = Setting(
    flag: "--token-rate", variable: "GATEWAY_TOKEN_RATE", defaultText: "10/20")
  package static let failureRate = Setting(
    flag: "--failure-rate", variable: "GATEWAY_FAILURE_RATE", defaultText: "5/20")
  package static let logLevel = Setting(flag: "--log-level", variable: "GATEWAY_LOG_LEVEL", defaultText: "info")
  package static let logFormat = Setting(flag: "--log-format", variable: "GATEWAY_LOG_FORMAT", defaultText: nil)

  /// Every variable of ours that is read.
  package static let variables = Set(
    [
      listen, adminListen, socketMode, socketGroup, takeOver, stopDelay, tokens, auditLog, auditSigningKey, auditCopies,
      auditReserve, trustedProxies, corsOrigins, requestTimeout, maxInFlight, maxConnections, maxConnectionsPerAddress,
      tokenRate, failureRate, logLevel, logFormat,
    ].map(\.variable))

  /// What counts: the flag, else the variable unless it is empty, else the default.
  package func value(_ flag: String?, _ environment: [String: String]) -> String? {
    flag ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? defaultText
  }
}
