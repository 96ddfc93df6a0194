import Glibc

/// SIGTERM and SIGINT, taken by the thread that waits for them instead of by a handler.
struct StopSignals {
  private let signals: sigset_t

  /// Blocks the two in this thread and in all that it starts, and ignores SIGPIPE: a client or a log reader that left
  /// is an error of one write.
  init() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    signal(SIGPIPE, SIG_IGN)
    self.signals = signals
  }

  /// Returns when one of the two arrives.
  func wait() {
    var signals = signals
    var number: Int32 = 0
    sigwait(&signals, &number)
  }
}
