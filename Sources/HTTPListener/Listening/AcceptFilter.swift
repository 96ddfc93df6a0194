import CMicroHTTPD
import GatewayCore
import Glibc
import Synchronization
import Threads

/// Keeps accepted connections back until the head of their first request is there, as FreeBSD's kernel does where it is told
/// to (accf_http(9)).
///
/// So whoever sends a head bit by bit, or nothing at all, doesn't wake the thread that others wait for, and takes none of
/// libmicrohttpd's memory. Nothing is read here, and nobody answered: a connection is passed on as it came, once its head may
/// be whole, is none or is larger than any may be, or nothing more comes.
final class AcceptFilter: Sendable {
  private struct Kept {
    let arrival: Daemon.Arrival
    /// How many bytes its head's whole lines have.
    var seen: Int
  }

  private struct State {
    var kept: [Int32: Kept] = [:]
    /// Whether everybody is passed on.
    var isOpen: Bool
    var bytes = [UInt8](repeating: 0, count: Framing.headLimit + 1)
  }

  /// How many connections are looked at before others get their turn.
  private static let batch = 64

  /// Readable when one of those that are kept back has something new.
  let descriptor: Int32
  private let state: Mutex<State>
  private let pass: @Sendable (Daemon.Arrival) -> Void

  /// - Parameters:
  ///   - isOpen: whether nobody is kept back: heads can't be seen where there is TLS around them.
  ///   - pass: takes what isn't kept back.
  /// - Throws: `ThreadError`, if the system has no room.
  init(isOpen: Bool, pass: @escaping @Sendable (Daemon.Arrival) -> Void) throws(ThreadError) {
    state = Mutex(State(isOpen: isOpen))
    self.pass = pass
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw ThreadError(code: errno) }
  }

  deinit {
    close(descriptor)
  }

  /// A connection was accepted.
  func take(_ arrival: Daemon.Arrival) {
    state.withLock { state in
      guard !state.isOpen, let seen = Self.look(at: arrival.descriptor, seen: 0, &state.bytes),
        watch(arrival.descriptor)
      else { return pass(arrival) }
      state.kept[arrival.descriptor] = Kept(arrival: arrival, seen: seen)
    }
  }

  /// Looks at those that have something new.
  func look() {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.batch) { events in
      let count = epoll_wait(descriptor, events.baseAddress, Int32(events.count), 0)
      state.withLock { state in
        for event in events.prefix(max(0, Int(count))) {
          guard let kept = state.kept[event.data.fd] else { continue }
          // Whether its client has closed, or its time was over, isn't seen from its bytes.
          let isOver = event.events & ~(EPOLLIN.rawValue) != 0
          if !isOver, let seen = Self.look(at: event.data.fd, seen: kept.seen, &state.bytes) {
            state.kept[event.data.fd]?.seen = seen
          } else {
            forget(event.data.fd)
            state.kept[event.data.fd] = nil
            pass(kept.arrival)
          }
        }
      }
    }
  }

  /// Keeps none back any more.
  func open() {
    state.withLock { state in
      state.isOpen = true
      state.kept.keys.forEach(forget)
      state.kept.values.forEach { pass($0.arrival) }
      state.kept = [:]
    }
  }

  /// How many bytes of whole lines are there of a head that isn't whole; `nil` if there is no use in waiting for the rest.
  private static func look(at descriptor: Int32, seen: Int, _ bytes: inout [UInt8]) -> Int? {
    let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    guard count >= 0 else { return errno == EAGAIN ? seen : nil }
    guard count > 0, count < bytes.count else { return nil }
    return UnfinishedHead.lines(in: bytes[..<count], from: seen)
  }

  private func watch(_ descriptor: Int32) -> Bool {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    event.data.fd = descriptor
    return epoll_ctl(self.descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0
  }

  private func forget(_ descriptor: Int32) {
    var event = epoll_event()
    epoll_ctl(self.descriptor, EPOLL_CTL_DEL, descriptor, &event)
  }
}
