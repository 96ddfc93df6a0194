/// Where a copy of the audit log can go (`--audit-copy`).
package enum AuditCopyTarget: Sendable, Equatable {
  /// What `syslog` alone means.
  package static let syslogPath = "/dev/log"
  /// A longer one doesn't fit a socket's address (`sun_path`, with its NUL).
  private static let pathLimit = 107

  /// Standard output, each line as it stands in the log.
  case standardOutput
  /// The datagram socket of a syslog daemon, each line as a message of RFC 5424.
  case syslog(path: String)

  /// Reads `stdout`, `syslog` or `syslog:/path/of/a/socket`.
  package init?(_ text: String) {
    switch text {
    case "stdout": self = .standardOutput
    case "syslog": self = .syslog(path: Self.syslogPath)
    default:
      let path = text.dropFirst("syslog:".count)
      guard text.hasPrefix("syslog:/"), path.utf8.count <= Self.pathLimit, !path.utf8.contains(0) else { return nil }
      self = .syslog(path: String(path))
    }
  }

  /// For logs and metrics; there is one copy of a kind at the most.
  package var kind: String {
    switch self {
    case .standardOutput: "stdout"
    case .syslog: "syslog"
    }
  }
}
