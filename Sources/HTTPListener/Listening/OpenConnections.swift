// MSG_PEEK and the like are the C library's, but belong to whichever of the two modules was loaded first.
import CMicroHTTPD
import Glibc
import Synchronization

/// The connections that were accepted and aren't closed yet, by their descriptors.
final class OpenConnections: Sendable {
  private struct State {
    /// Accepted, and on their way to libmicrohttpd.
    var arriving: Set<Int32> = []
    /// In libmicrohttpd's hands. It tells of the end before it closes the descriptor, so that these are all open.
    var open: Set<Int32> = []
  }

  private let state = Mutex(State())
  private let turn = Mutex(())

  /// Accepting a connection and handing one to libmicrohttpd, one at a time. libmicrohttpd closes what it refuses, and the
  /// next one that is accepted may have the same descriptor: it mustn't be taken for the other one.
  func inTurn<Result>(_ body: () -> Result) -> Result {
    turn.withLock { _ in body() }
  }

  var count: Int {
    state.withLock { $0.arriving.count + $0.open.count }
  }

  /// Whether libmicrohttpd still has to take some.
  var areArriving: Bool {
    state.withLock { !$0.arriving.isEmpty }
  }

  /// Whether some have sent bytes that libmicrohttpd hasn't read.
  var haveUnread: Bool {
    state.withLock { state in
      var entries = state.open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&entries, nfds_t(entries.count), 0) > 0 else { return false }
      return entries.contains { entry in
        var byte: UInt8 = 0
        // A connection whose client has closed it has something to read as well: the end, of 0 bytes.
        return entry.revents != 0 && recv(entry.fd, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
      }
    }
  }

  func accepted(_ descriptor: Int32) {
    state.withLock { _ = $0.arriving.insert(descriptor) }
  }

  /// libmicrohttpd didn't take it.
  func refused(_ descriptor: Int32) {
    state.withLock { _ = $0.arriving.remove(descriptor) }
  }

  func opened(_ descriptor: Int32) {
    state.withLock { state in
      state.arriving.remove(descriptor)
      state.open.insert(descriptor)
    }
  }

  func closed(_ descriptor: Int32) {
    state.withLock { _ = $0.open.remove(descriptor) }
  }
}
