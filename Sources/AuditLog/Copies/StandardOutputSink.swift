import Clocks
import Glibc

/// Writes each line to standard output as it stands in the log.
///
/// The descriptor stays a blocking one, since whether it blocks is a property that other processes share (a terminal's, above
/// all). This thread may wait for ever; nobody waits for it.
final class StandardOutputSink: CopySink {
  private let descriptor: Int32
  /// Whether the last line broke off: then an LF comes before the next one.
  private var isTorn = false

  init(descriptor: Int32 = STDOUT_FILENO) {
    // A reader that left must not end the process; the write fails with EPIPE instead.
    signal(SIGPIPE, SIG_IGN)
    self.descriptor = descriptor
  }

  func send(_ line: WrittenBatch.Line, time: Timestamp) throws(CopyFailure) {
    let bytes = isTorn ? [UInt8(ascii: "\n")] + line.bytes : line.bytes
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
        isTorn = !rest.isEmpty
        continue
      }
      let code = errno
      switch code {
      case EINTR: continue
      case EAGAIN:
        // Someone who shares it made it a non-blocking one.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      default: throw CopyFailure(reason: "write: \(String(cString: strerror(code)))", mayPass: false)
      }
    }
  }
}
