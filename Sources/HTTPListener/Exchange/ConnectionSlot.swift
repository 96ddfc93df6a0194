/// What we keep for a connection of libmicrohttpd's: its request, if there is one.
///
/// libmicrohttpd (0.9.75) doesn't tell the end of every request: where it has no memory for an answer of its own, it
/// only closes the connection. So the connection has its request, and what is left when it ends goes with it.
///
/// Used by one thread at a time: its daemon's, and in the end the one that stops the daemon.
final class ConnectionSlot {
  private let completed: (PendingRequest) -> Void
  private(set) var pending: PendingRequest?

  /// - Parameter completed: is told of each request once, when libmicrohttpd is done with it.
  init(completed: @escaping (PendingRequest) -> Void) {
    self.completed = completed
  }

  func begin(_ request: PendingRequest) {
    end()
    pending = request
  }

  func end() {
    if let pending { completed(pending) }
    pending = nil
  }
}
