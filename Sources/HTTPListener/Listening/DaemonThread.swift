import CMicroHTTPD
import CReceive
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

  /// How often in a row libmicrohttpd may say that there is more to do already. It says so for ever of a connection that it
  /// can't go on with (0.9.75); then it is asked each `pause`.
  private static let seriesLength = 8
  /// Milliseconds.
  private static let pause: Int32 = 2

  private let daemon: OpaquePointer
  private let parked: Int32?
  private let connections: OpenConnections
  private let wasRefused: @Sendable (Int32) -> Void
  private let waker: Int32
  /// Whether `waker` was written to since it was last read, or is about to be: once is enough.
  private let isCalled = Atomic(false)
  private let state = Mutex(State())
  private let thread = Mutex<WorkerThread?>(nil)

  /// Begins to serve.
  ///
  /// - Parameters:
  ///   - daemon: one without threads, whose connections all come from us. It is stopped by `stop`.
  ///   - isPlain: whether it speaks without TLS.
  ///   - wasRefused: is told of a connection that libmicrohttpd has no memory for, and has closed.
  /// - Throws: `ThreadError`; then the daemon is still the caller's to stop.
  init(
    _ daemon: OpaquePointer, isPlain: Bool, _ connections: OpenConnections,
    wasRefused: @escaping @Sendable (Int32) -> Void
  ) throws(ThreadError) {
    self.daemon = daemon
    self.connections = connections
    self.wasRefused = wasRefused
    waker = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard waker >= 0 else { throw ThreadError(code: errno) }
    parked = isPlain ? Self.park(in: daemon) : nil
    let thread = try WorkerThread { [self] in
      if isPlain { creceive_refuse_nul() }
      run()
    }
    self.thread.withLock { $0 = thread }
  }

  deinit {
    close(waker)
    if let parked { close(parked) }
  }

  /// Gives the daemon a first connection on which nothing ever comes. Whatever happens, libmicrohttpd looks through the
  /// oldest one as well, and through all of its unfinished line again if it has one.
  ///
  /// - Returns: the other end; `nil` if there is no room for it, which costs no more than time.
  private static func park(in daemon: OpaquePointer) -> Int32? {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, parkedSocketType, 0, &ends) == 0 else { return nil }
    // An address of no family: it tells this connection from all others.
    var address = sockaddr()
    let length = socklen_t(MemoryLayout<sockaddr>.size)
    guard MHD_add_connection(daemon, ends[0], &address, length) == .YES else {
      close(ends[1])
      return nil
    }
    return ends[1]
  }

  private static let parkedSocketType = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

  static func isParked(_ connection: OpaquePointer) -> Bool {
    cmicrohttpd_peer(connection).map { $0.pointee.sa_family == sa_family_t(AF_UNSPEC) } ?? false
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
    var series = 0
    while !isStopping {
      let arrivals = state.withLock { state in
        isStopping = state.isStopping
        defer { state.arrivals = [] }
        return state.arrivals
      }
      arrivals.forEach(hand)
      MHD_run(daemon)
      if !isStopping {
        series = hasMore ? series + 1 : 0
        wait(for: events, milliseconds: series == 0 ? -1 : series < Self.seriesLength ? 0 : Self.pause)
      }
    }
  }

  private func hand(_ arrival: Arrival) {
    connections.inTurn {
      let isTaken = arrival.withPeer { MHD_add_connection(daemon, arrival.descriptor, $0, arrival.peerLength) == .YES }
      if !isTaken { wasRefused(arrival.descriptor) }
    }
  }

  /// Whether libmicrohttpd has more to do already. No timeout of its is ever reached, which this is made for.
  private var hasMore: Bool {
    var timeout: UInt64 = 0
    return MHD_get_timeout(daemon, &timeout) == .YES && timeout == 0
  }

  /// Waits until libmicrohttpd has something to do, or we have something for it, or the time is over. -1 is for ever.
  private func wait(for events: Int32, milliseconds: Int32) {
    var entries = [
      pollfd(fd: events, events: Int16(POLLIN), revents: 0), pollfd(fd: waker, events: Int16(POLLIN), revents: 0),
    ]
    poll(&entries, nfds_t(entries.count), milliseconds)
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
