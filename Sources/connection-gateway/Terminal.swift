import AuditLog
import Glibc

/// Standard output, as a terminal or not.
enum Terminal {
  private static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Its width: `COLUMNS`, or what the terminal says; `nil` where neither is.
  static var width: Int? {
    if let columns = ProcessEnvironment.variables["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
    var size = winsize()
    guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Whether colours are welcome (no-color.org).
  static var hasColours: Bool {
    let variables = ProcessEnvironment.variables
    return isTerminal && variables["NO_COLOR", default: ""].isEmpty && variables["TERM"] != "dumb"
  }

  /// Writes all of it to standard output.
  ///
  /// - Parameter interruption: ends the waiting where nobody reads, though its signals are blocked.
  static func write(_ bytes: [UInt8], until interruption: Interruption? = nil) throws(AuditShow.Failure) {
    // A pipe that can be written to takes so many without waiting (pipe(7), PIPE_BUF).
    let limit = interruption == nil ? Int.max : 4096
    var rest = bytes[...]
    while !rest.isEmpty {
      if let interruption, !interruption.waitUntilWritable() { throw .readerLeft }
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, min($0.count, limit)) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: continue
      case EPIPE: throw .readerLeft
      default: throw .unwritable(reason: String(cString: strerror(errno)))
      }
    }
  }
}
