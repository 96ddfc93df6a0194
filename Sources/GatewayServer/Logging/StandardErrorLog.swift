package import Clocks
import GatewayCore
import Glibc
package import Logging

/// Writes the log to standard error, a line a message, each line with one system call.
package struct StandardErrorLog: LogHandler {
  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  private let format: LogFormat
  private let write: @Sendable ([UInt8]) -> Void
  private let clock: WallClock

  /// - Parameter write: where a line goes.
  package init(
    format: LogFormat, level: Logger.Level, clock: WallClock,
    write: @escaping @Sendable ([UInt8]) -> Void = StandardErrorLog.writeToStandardError
  ) {
    self.format = format
    self.logLevel = level
    self.clock = clock
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let metadata = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
    let time = clock.now().iso8601Microseconds
    let line: JSON
    switch format {
    case .json:
      line = .object(
        [("time", .string(time)), ("level", .string(event.level.rawValue)), ("message", .string("\(event.message)"))]
          + metadata.map { ($0.key, JSON.string(Redaction.redact("\($0.value)"))) })
      write(line.bytes + [UInt8(ascii: "\n")])
    case .text:
      // Values that could break the line or run into the next one are quoted as JSON.
      let values = metadata.map { " \($0.key)=\(Self.quoted(Redaction.redact("\($0.value)")))" }.joined()
      write(Array("\(time) \(event.level.rawValue) \(event.message)\(values)\n".utf8))
    }
  }

  private static func quoted(_ value: String) -> String {
    let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    return isPlain ? value : String(decoding: JSON.string(value).bytes, as: UTF8.self)
  }

  /// Gives up what can't be written: a log that is full must not stop the service.
  package static func writeToStandardError(_ line: [UInt8]) {
    _ = Glibc.write(STDERR_FILENO, line, line.count)
  }
}
