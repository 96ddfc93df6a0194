import Clocks
import GatewayCore

/// A syslog message (RFC 5424) whose text is a line of the log.
struct SyslogMessage {
  /// Facility authpriv (10), severity informational (6): facility × 8 + severity (section 6.2.1).
  private static let priority = 10 * 8 + 6
  private static let applicationName = "connection-gateway"
  /// What stands for a field that isn't known (section 6).
  private static let nilValue = "-"

  /// What comes after the time in each message of this process: HOSTNAME, APP-NAME, PROCID.
  private let origin: String

  /// - Parameter hostName: left out, if the protocol has no room for it.
  init(hostName: String, processID: Int32) {
    let isValid = (1...255).contains(hostName.utf8.count) && hostName.utf8.allSatisfy { (33...126).contains($0) }
    origin = "\(isValid ? hostName : Self.nilValue) \(Self.applicationName) \(processID)"
  }

  /// The message: its MSGID is the record's stage, it has no structured data, its MSG is the line without its LF.
  func bytes(_ line: WrittenBatch.Line, time: Timestamp) -> [UInt8] {
    let header = "<\(Self.priority)>1 \(time.iso8601Microseconds) \(origin) \(line.stage.rawValue) \(Self.nilValue) "
    return Array(header.utf8) + line.bytes.dropLast()
  }
}
