import GatewayCore
import Glibc
import Synchronization

/// What the simulator saw, as JSON lines: tests count here what reached "AWS".
final class EventLog: Sendable {
  private let descriptor: Mutex<Int32>

  /// Appends to the file, or to stdout where there is none.
  ///
  /// - Throws: `StartError` if the file can't be opened.
  init(path: String?) throws(StartError) {
    guard let path else {
      descriptor = Mutex(STDOUT_FILENO)
      return
    }
    let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw StartError("--log \(path)", SystemError.text(errno)) }
    descriptor = Mutex(opened)
  }

  /// Writes one line, whole, before it returns.
  ///
  /// A log with a line missing would make a test's count wrong without a sign of it. So if it can't be written, the
  /// process ends.
  func write(_ event: Event) {
    let line = event.json.bytes + [UInt8(ascii: "\n")]
    descriptor.withLock { descriptor in
      let count = Glibc.write(descriptor, line, line.count)
      guard count == line.count else {
        StandardError.write("the log can't be written: \(count < 0 ? SystemError.text(errno) : "no room left")")
        _exit(EX_IOERR)
      }
    }
  }
}
