import CMicroHTTPD
import Glibc
import Synchronization
import Threads

/// One of libmicrohttpd's daemons, run on a thread of ours.
///
/// libmicrohttpd has threads for that itself. But where just as many sockets are ready as its loop (0.9.75) takes at a time,
/// 128, it waits for more before it serves any of them, and nobody is answered until something else happens. Here it is
/// called when there is something to do, and never waits.
///
/// `@unchecked Sendable` because of `daemon`: it is used by the thread alone, and after its end by `stop`. What may be done
/// to it from elsewhere is to resume a connection.
final class DaemonThread: @unchecked Sendable {
  /// An accepted connection.
  struct Arrival {
    let descriptor: Int32
    let peer: sockaddr_storage
    let peerLength: socklen_t

    func withPeer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
      withUnsafePointer(to: peer) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
  }

  private struct State {
    var arrivals: [Arrival] = []
    var isStopping = false
  }

  private let daemon: OpaquePointer
  private let wasRefused: @Sendable (Int32) -> Void
  private let waker = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
  /// Whether `waker` was written to since it was last read, or is about to be: once is enough.
  private let isCalled = Atomic(false)
  private let state = Mutex(State())
  private let thread = Mutex<WorkerThread?>(nil)

  /// Begins to serve.
  ///
  /// - Parameters:
  ///   - daemon: one without threads, whose connections all come from us. It is stopped by `stop`.
  ///   - wasRefused: is told of a connection that libmicrohttpd has no memory for, and has closed.
  /// - Throws: `ThreadError`; then the daemon is still the caller's to stop.
  init(_ daemon: OpaquePointer, wasRefused: @escaping @Sendable (Int32) -> Void) throws(ThreadError) {
    self.daemon = daemon
    self.wasRefused = wasRefused
    let thread = try WorkerThread { [self] in run() }
    self.thread.withLock { $0 = thread }
  }

  deinit {
    close(waker)
  }

  /// Makes a connection libmicrohttpd's.
  func add(_ arrival: Arrival) {
    state.withLock { $0.arrivals.append(arrival) }
    wake()
  }

  /// Lets a suspended connection of this daemon's go on. From any thread.
  func resume(_ connection: OpaquePointer) {
    MHD_resume_connection(connection)
    wake()
  }

  /// Closes all connections. None may be suspended: libmicrohttpd aborts the process at that.
  func stop() {
    state.withLock { $0.isStopping = true }
    wake()
    thread.withLock { $0 }?.join()
    MHD_stop_daemon(daemon)
  }

  private func run() {
    let events = cmicrohttpd_epoll(daemon)
    var isStopping = false
    while !isStopping {
      let arrivals = state.withLock { state in
        isStopping = state.isStopping
        defer { state.arrivals = [] }
        return state.arrivals
      }
      arrivals.forEach(hand)
      MHD_run(daemon)
      if !isStopping { wait(for: events) }
    }
  }

  private func hand(_ arrival: Arrival) {
    let isTaken = arrival.withPeer { MHD_add_connection(daemon, arrival.descriptor, $0, arrival.peerLength) == .YES }
    if !isTaken { wasRefused(arrival.descriptor) }
  }

  /// Waits until libmicrohttpd has something to do, or we have something for it.
  private func wait(for events: Int32) {
    var timeout: UInt64 = 0
    // There are no timeouts: an answer means that there is more to do already.
    if MHD_get_timeout(daemon, &timeout) == .YES { return }
    var entries = [
      pollfd(fd: events, events: Int16(POLLIN), revents: 0), pollfd(fd: waker, events: Int16(POLLIN), revents: 0),
    ]
    poll(&entries, nfds_t(entries.count), -1)
    guard entries[1].revents != 0 else { return }
    var value: eventfd_t = 0
    eventfd_read(waker, &value)
    // From here on whoever has something for us writes again, and what was there before is looked at next.
    _ = isCalled.exchange(false, ordering: .acquiringAndReleasing)
  }

  private func wake() {
    if !isCalled.exchange(true, ordering: .acquiringAndReleasing) { eventfd_write(waker, 1) }
  }
}
