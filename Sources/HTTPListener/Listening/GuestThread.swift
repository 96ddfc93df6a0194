import CMicroHTTPD
import Glibc
import Synchronization
import Threads

/// A thread of its own for a single guest, where there is no other loop to run it.
final class GuestThread: GuestLoop {
  private let waker: Int32
  private let isDismissed = Atomic(false)
  private let thread = Mutex<WorkerThread?>(nil)
  private let guest = Mutex<(any LoopGuest)?>(nil)

  /// Starts the thread, which waits for its guest.
  ///
  /// - Throws: `ThreadError`.
  init() throws(ThreadError) {
    waker = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    guard waker >= 0 else { throw ThreadError(code: errno) }
    let thread = try WorkerThread { [self] in run() }
    self.thread.withLock { $0 = thread }
  }

  deinit {
    close(waker)
  }

  func admit(_ guest: any LoopGuest) {
    self.guest.withLock { $0 = guest }
    wake()
  }

  func call(_ guest: any LoopGuest) {
    wake()
  }

  /// Ends the thread.
  func dismiss(_ guest: any LoopGuest) {
    isDismissed.store(true, ordering: .releasing)
    wake()
    thread.withLock { $0 }?.join()
    self.guest.withLock { $0 = nil }
  }

  private func run() {
    while !isDismissed.load(ordering: .acquiring) {
      let guest = guest.withLock { $0 }
      let pause = guest?.run()
      wait(for: guest?.descriptor ?? -1, milliseconds: pause.map { Int32($0 / .milliseconds(1)) } ?? -1)
    }
  }

  /// Waits until the descriptor can be read, `wake` is called, or the time is over. -1 is for ever, and no descriptor.
  private func wait(for descriptor: Int32, milliseconds: Int32) {
    var entries = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: waker, events: Int16(POLLIN), revents: 0),
    ]
    poll(&entries, nfds_t(entries.count), milliseconds)
    guard entries[1].revents != 0 else { return }
    var value: eventfd_t = 0
    eventfd_read(waker, &value)
  }

  private func wake() {
    eventfd_write(waker, 1)
  }
}
