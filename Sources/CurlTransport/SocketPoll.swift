import CCurl
import Glibc

/// The sockets that the loop waits on (epoll), and the means to wake it from another thread (eventfd).
///
/// `wake` may be called from any thread; everything else belongs to the loop's.
final class SocketPoll: Sendable {
  /// What can be done with a socket.
  struct Readiness {
    let socket: Int32
    let isReadable: Bool
    let isWritable: Bool
    let hasError: Bool
  }

  /// How many sockets are told of at a time; the others wait for the next turn.
  private static let batch = 64

  private let epoll: Int32
  private let waker: Int32

  /// `nil` if the system has no descriptors left.
  init?() {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    waker = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard epoll >= 0, waker >= 0 else { return nil }
    watch(waker, isReadable: true, isWritable: false)
  }

  /// Ends a `wait`, the present one or the next.
  func wake() {
    eventfd_write(waker, 1)
  }

  /// Waits on the socket for this from now on, whatever it was before.
  func watch(_ socket: Int32, isReadable: Bool, isWritable: Bool) {
    var event = epoll_event()
    event.events = (isReadable ? EPOLLIN.rawValue : 0) | (isWritable ? EPOLLOUT.rawValue : 0)
    event.data.fd = socket
    if epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0 { epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) }
  }

  /// Doesn't wait on the socket any more.
  func forget(_ socket: Int32) {
    var event = epoll_event()
    epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event)
  }

  /// Waits until a socket is ready, `wake` is called, or the time is over.
  func wait(milliseconds: Int32) -> [Readiness] {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.batch) { events in
      let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), milliseconds)
      return events.prefix(max(0, Int(count))).compactMap { event in
        guard event.data.fd != waker else {
          var value: eventfd_t = 0
          eventfd_read(waker, &value)
          return nil
        }
        return Readiness(
          socket: event.data.fd, isReadable: event.events & EPOLLIN.rawValue != 0,
          isWritable: event.events & EPOLLOUT.rawValue != 0,
          hasError: event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0)
      }
    }
  }

  /// Gives the descriptors back.
  func close() {
    Glibc.close(waker)
    Glibc.close(epoll)
  }
}
