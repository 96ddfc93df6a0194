import Logging
import Synchronization

/// Keeps what is logged.
final class LogRecorder: Sendable {
  struct Line: Sendable, Equatable {
    let level: Logger.Level
    let message: String
    let metadata: [String: String]
  }

  private let kept = Mutex<[Line]>([])

  var lines: [Line] {
    kept.withLock { $0 }
  }

  /// Everything that was said, in one text.
  var text: String {
    lines.map { "\($0.level) \($0.message) \($0.metadata)" }.joined(separator: "\n")
  }

  var logger: Logger {
    Logger(label: "test") { _ in Handler(recorder: self) }
  }

  private struct Handler: LogHandler {
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    let recorder: LogRecorder

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let metadata = metadata.merging(event.metadata ?? [:]) { _, new in new }.mapValues { "\($0)" }
      recorder.kept.withLock {
        $0.append(Line(level: event.level, message: "\(event.message)", metadata: metadata))
      }
    }
  }
}
