import CMicroHTTPD
import CReceive
import Glibc
import Synchronization
import Threads

/// One of libmicrohttpd's daemons, as a guest of a loop.
///
/// libmicrohttpd has threads for that itself. But where just as many sockets are ready as its loop (0.9.75) takes at a time,
/// 128, it waits for more before it serves any of them, and nobody is answered until something else happens. Here it is
/// called when there is something to do, and never waits.
///
/// `@unchecked Sendable` because of `daemon` and `series`: they are used by the loop's thread alone, and by `stop` once the
/// loop doesn't run us any more. What may be done to the daemon from elsewhere is to resume a connection.
final class Daemon: LoopGuest, @unchecked Sendable {
  /// An accepted connection.
  struct Arrival {
    let descriptor: Int32
    let peer: sockaddr_storage
    let peerLength: socklen_t

    func withPeer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
      withUnsafePointer(to: peer) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }
  }

  /// How often in a row libmicrohttpd may say that there is more to do already. It says so for ever of a connection that it
  /// can't go on with (0.9.75); then it is asked each `pause`.
  private static let seriesLength = 8
  private static let pause = Duration.milliseconds(2)

  let descriptor: Int32
  private let daemon: OpaquePointer
  private let isPlain: Bool
  private let loop: any GuestLoop
  private let parked: Int32?
  private let connections: OpenConnections
  private let wasRefused: @Sendable (Int32) -> Void
  private let arrivals = Mutex<[Arrival]>([])
  /// Whether the loop was told to run us and hasn't yet: once is enough.
  private let isCalled = Atomic(false)
  /// How often in a row there was more to do already.
  private var series = 0

  /// Begins to serve.
  ///
  /// - Parameters:
  ///   - daemon: one without threads, whose connections all come from us. It is stopped by `stop`.
  ///   - isPlain: whether it speaks without TLS.
  ///   - wasRefused: is told of a connection that libmicrohttpd has no memory for, and has closed.
  init(
    _ daemon: OpaquePointer, isPlain: Bool, on loop: any GuestLoop, _ connections: OpenConnections,
    wasRefused: @escaping @Sendable (Int32) -> Void
  ) {
    self.daemon = daemon
    self.isPlain = isPlain
    self.loop = loop
    self.connections = connections
    self.wasRefused = wasRefused
    descriptor = cmicrohttpd_epoll(daemon)
    parked = isPlain ? Self.park(in: daemon) : nil
    loop.admit(self)
  }

  deinit {
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
    arrivals.withLock { $0.append(arrival) }
    call()
  }

  /// Lets a suspended connection of this daemon's go on. From any thread.
  func resume(_ connection: OpaquePointer) {
    MHD_resume_connection(connection)
    call()
  }

  /// Closes all connections. None may be suspended: libmicrohttpd aborts the process at that.
  func stop() {
    loop.dismiss(self)
    // What has come meanwhile is closed with the rest.
    takeArrivals().forEach(hand)
    MHD_stop_daemon(daemon)
  }

  func run() -> Duration? {
    // From here on whoever has something for us calls again, and what was there before is looked at next.
    _ = isCalled.exchange(false, ordering: .acquiringAndReleasing)
    takeArrivals().forEach(hand)
    // The loop may receive for others, too.
    if isPlain { creceive_refuse_nul(1) }
    MHD_run(daemon)
    if isPlain { creceive_refuse_nul(0) }
    series = hasMore ? series + 1 : 0
    return series == 0 ? nil : series < Self.seriesLength ? .zero : Self.pause
  }

  private func call() {
    if !isCalled.exchange(true, ordering: .acquiringAndReleasing) { loop.call(self) }
  }

  private func takeArrivals() -> [Arrival] {
    arrivals.withLock { arrivals in
      defer { arrivals = [] }
      return arrivals
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
}
