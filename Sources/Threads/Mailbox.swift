import Glibc

/// Hands elements from any thread to the one that takes them, all that have come at a time.
///
/// `@unchecked Sendable` because `elements` is touched only with `mutex` held. A condition variable of the C library,
/// since Swift's `Mutex` has none to wait on.
package final class Mailbox<Element: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let limit: Int
  private var elements: [Element] = []
  /// How many elements the taker waits for.
  private var wanted = 1
  private var isShut = false

  /// - Parameter limit: how many elements may wait, before `post` refuses one.
  package init(limit: Int) {
    self.limit = limit
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Puts an element in; `false` if there is no room.
  package func post(_ element: Element, evenIfFull: Bool = false) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard !isShut, evenIfFull || elements.count < limit else { return false }
    elements.append(element)
    if elements.count == wanted { pthread_cond_signal(condition) }
    return true
  }

  /// Takes what is left, and lets nothing in any more.
  package func shut() -> [Element] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    isShut = true
    defer { elements = [] }
    return elements
  }

  /// What is in it now, and stays there.
  package func peek() -> [Element] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return elements
  }

  /// Waits until there is something, and takes all of it; nothing, if `seconds` pass first.
  ///
  /// - Parameter company: once there is something, how many elements to wait for, and how long.
  package func takeAll(waitingAtMost seconds: Double?, company: Company = .none) -> [Element] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    wait(for: 1, nanoseconds: seconds.map { Int($0 * 1_000_000_000) })
    if !elements.isEmpty { wait(for: company.count, nanoseconds: company.nanoseconds) }
    let taken = elements
    elements = []
    return taken
  }

  /// With `mutex` held, until there are so many elements or the time is over.
  private func wait(for count: Int, nanoseconds: Int?) {
    guard elements.count < count else { return }
    wanted = count
    defer { wanted = 1 }
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let sum = deadline.tv_nsec + (nanoseconds ?? 0)
    deadline.tv_sec += sum / 1_000_000_000
    deadline.tv_nsec = sum % 1_000_000_000
    while elements.count < count {
      let code =
        nanoseconds == nil
        ? pthread_cond_wait(condition, mutex) : pthread_cond_timedwait(condition, mutex, &deadline)
      if code == ETIMEDOUT { break }
    }
  }
}
