import Glibc

/// A thread for work that blocks, which Swift's own few threads aren't for. Nobody waits for it.
enum DetachedThread {
  /// Starts it. Without room for one more thread a relay can't do its work, and the process ends.
  static func start(_ run: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(ThreadBody(run)).toOpaque()
    var identifier = pthread_t()
    let code = pthread_create(&identifier, nil, runThreadBody, context)
    guard code == 0 else {
      StandardError.write("no thread could be started: \(SystemError.text(code))")
      _exit(EX_OSERR)
    }
    pthread_detach(identifier)
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

/// What `pthread_create` calls. It owns `context`: the reference that `DetachedThread.start` retained for it.
private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context {
    Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  }
  return nil
}
