import Glibc

/// A thread of our own, for work that blocks (fsync, a poll loop) and so must stay off Swift's cooperative pool.
package final class WorkerThread: Sendable {
  private let identifier: pthread_t

  /// Starts the thread.
  ///
  /// - Parameter body: runs once on the thread; when it returns, the thread ends.
  /// - Throws: `ThreadError` if the system has no room for one more.
  package init(body: @escaping @Sendable () -> Void) throws(ThreadError) {
    let context = Unmanaged.passRetained(ThreadBody(body))
    var identifier = pthread_t()
    let code = pthread_create(&identifier, nil, runThreadBody, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw ThreadError(code: code)
    }
    self.identifier = identifier
  }

  /// Nobody waits for the end of the body. Called at most once, and instead of `join`.
  package func detach() {
    pthread_detach(identifier)
  }

  /// Waits until the body has returned. Called once.
  package func join() {
    pthread_join(identifier, nil)
  }
}

/// The system couldn't start a thread.
package struct ThreadError: Error {
  /// The `errno` value that says why.
  package let code: Int32

  package init(code: Int32) {
    self.code = code
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

/// What `pthread_create` calls. It owns `context`: the reference that `WorkerThread.init` retained for it.
private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let context {
    Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
  }
  return nil
}
