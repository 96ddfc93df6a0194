import Glibc

/// SIGINT and SIGTERM, as an end that is waited for.
final class Interruption {
  /// How long a wait is: how late a new record is seen.
  private static let milliseconds = 200

  private let signals: sigset_t
  private var isOver = false

  /// Blocks the signals, so that nothing is cut off in its middle.
  init() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    self.signals = signals
  }

  /// Whether it has come, or comes while we wait; also when nobody reads standard output any more.
  func hasCome(waiting: Bool) -> Bool {
    var (signals, timeout) = (signals, timespec(tv_sec: 0, tv_nsec: waiting ? Self.milliseconds * 1_000_000 : 0))
    if !isOver, sigtimedwait(&signals, nil, &timeout) > 0 { isOver = true }
    var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return isOver || (waiting && poll(&output, 1, 0) > 0)
  }

  /// Waits until standard output takes more; `false` if it is to end before that.
  func waitUntilWritable() -> Bool {
    var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    while poll(&output, 1, Int32(Self.milliseconds)) <= 0 {
      if hasCome(waiting: false) { return false }
    }
    return true
  }
}
