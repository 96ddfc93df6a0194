import Glibc

/// The signals that steer the service, taken by the main thread one after another.
///
/// They are blocked in every thread, so none of our code ever runs inside a signal handler.
package struct Signals {
  /// What a signal asks for.
  enum Event {
    case stop, reload
  }

  private var set = sigset_t()

  /// Blocks the signals. Called before the first thread starts, since threads inherit what is blocked.
  package init() {
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Whether a signal to stop has come that nobody has taken.
  static var isStopPending: Bool {
    var pending = sigset_t()
    sigpending(&pending)
    return [SIGTERM, SIGINT].contains { sigismember(&pending, $0) == 1 }
  }

  /// The next event; `nil` if none comes within this time.
  mutating func next(within seconds: Int, nanoseconds: Int = 0) -> Event? {
    var timeout = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
    return switch sigtimedwait(&set, nil, &timeout) {
    case SIGTERM, SIGINT: .stop
    case SIGHUP: .reload
    default: nil
    }
  }
}
