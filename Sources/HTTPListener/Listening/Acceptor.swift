import CMicroHTTPD
import Glibc
import IPAddresses
import Synchronization
import Threads

/// Accepts connections on a thread of its own, and keeps those back that have sent no whole head yet.
///
/// libmicrohttpd could do it, but can't be stopped at it without losing connections: those that the kernel has accepted
/// and it hasn't, and all of those that another process would take from an inherited socket.
final class Acceptor: Sendable {
  /// How many are accepted before it is looked whether to stop.
  private static let seriesLength = 64
  /// Milliseconds after which it is tried again, when there is no room for another connection.
  private static let pause: Int32 = 20
  /// How long connections are taken that an inherited socket has. More may come without an end; they are for the next
  /// process.
  private static let sharedDrainTime = Duration.milliseconds(50)

  private let socket: ListeningSocket
  private let connections: OpenConnections
  private let watch: ConnectionWatch
  private let filter: AcceptFilter
  private let waker = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
  private let stopBy = Mutex<ContinuousClock.Instant?>(nil)
  private let thread = Mutex<WorkerThread?>(nil)

  /// Begins to accept.
  ///
  /// - Parameters:
  ///   - watch: says how many connections there may be at one time; more wait in the kernel.
  ///   - isPlain: whether a connection's first bytes are a request's, and no TLS.
  ///   - take: makes the connection libmicrohttpd's, once its head is there.
  /// - Throws: `ThreadError`.
  init(
    _ socket: ListeningSocket, _ connections: OpenConnections, _ watch: ConnectionWatch, isPlain: Bool,
    take: @escaping @Sendable (Daemon.Arrival) -> Void
  ) throws(ThreadError) {
    self.socket = socket
    self.connections = connections
    self.watch = watch
    filter = try AcceptFilter(isOpen: !isPlain, pass: take)
    let thread = try WorkerThread { [self] in run() }
    self.thread.withLock { $0 = thread }
  }

  deinit {
    close(waker)
  }

  /// No new connections from now on. Returns once all those that the kernel has accepted have been handed on, or the
  /// deadline has passed; then the socket is closed.
  func stop(by deadline: ContinuousClock.Instant) {
    stopBy.withLock { $0 = deadline }
    eventfd_write(waker, 1)
    thread.withLock { $0 }?.join()
  }

  private func run() {
    var hasRoom = true
    while stopBy.withLock({ $0 == nil }) {
      wait(hasRoom: hasRoom, milliseconds: hasRoom ? -1 : Self.pause)
      (_, hasRoom) = accept()
      filter.look()
    }
    filter.open()
    drain(by: stopBy.withLock { $0 } ?? ContinuousClock.now)
    socket.close()
  }

  /// Takes those who have connected. There is always one look, whatever the deadline.
  private func drain(by deadline: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    let refusedFor = socket.refuse()
    let end = refusedFor == nil ? min(deadline, now + Self.sharedDrainTime) : deadline
    let quietTime = refusedFor ?? .milliseconds(1)
    var quietUntil = now + quietTime
    var hasRoom = true
    repeat {
      let (count, hasMoreRoom) = accept(isLast: true)
      hasRoom = hasMoreRoom
      // Those who wait have sent their calls, perhaps; those who are idle haven't.
      if !hasRoom { watch.closeIdle() }
      if count > 0 || !hasRoom { quietUntil = ContinuousClock.now + quietTime }
      let remaining = (min(quietUntil, end) - ContinuousClock.now).components
      let milliseconds = remaining.seconds * 1000 + remaining.attoseconds / 1_000_000_000_000_000
      if milliseconds > 0 { wait(hasRoom: hasRoom, milliseconds: min(Int32(milliseconds), Self.pause)) }
    } while (!hasRoom || ContinuousClock.now < quietUntil) && ContinuousClock.now < end
  }

  /// Waits until there is something to accept, or something new of those that are kept back, or it is told to stop.
  private func wait(hasRoom: Bool, milliseconds: Int32) {
    var entries = [waker, filter.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    if hasRoom { entries.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)) }
    poll(&entries, nfds_t(entries.count), milliseconds)
    var value: eventfd_t = 0
    eventfd_read(waker, &value)
  }

  /// Accepts those who wait.
  ///
  /// - Parameter isLast: nobody comes after them, so all are taken that the system has room for.
  /// - Returns: how many there were, and whether there is room for more.
  private func accept(isLast: Bool = false) -> (count: Int, hasRoom: Bool) {
    if socket.isShared { socket.forbidWaiting() }
    var peer = sockaddr_storage()
    var length = socklen_t()
    for count in 0..<Self.seriesLength {
      guard isLast || connections.count < watch.limits.connections else { return (count, false) }
      let connection = connections.inTurn {
        let connection = socket.accept(&peer, &length)
        if connection >= 0 { hand(Daemon.Arrival(descriptor: connection, peer: peer, peerLength: length)) }
        return connection
      }
      guard connection >= 0 else {
        switch -connection {
        case EAGAIN: return (count, true)
        // No more descriptors, or no memory.
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return (count, false)
        // Another process has shut an inherited socket down. It may go on listening.
        case EINVAL, EBADF, ENOTSOCK, EOPNOTSUPP: return (count, false)
        // What went wrong with a connection before it was accepted is told here (accept(2)): the next one is another.
        default: continue
        }
      }
    }
    return (Self.seriesLength, true)
  }

  private func hand(_ arrival: Daemon.Arrival) {
    guard watch.admits(arrival.descriptor, from: arrival.withPeer(IPAddress.init)) else {
      close(arrival.descriptor)
      return
    }
    connections.accepted(arrival.descriptor)
    filter.take(arrival)
  }
}
