import CCurl
import GatewayCore
import Synchronization
package import Threads

/// One thread that owns libcurl's multi handle, runs the listeners as its guests, and on which request tasks run.
///
/// A call goes loop → audit → loop → audit → loop: what happens on the loop needs no hop between threads. Work comes in from
/// any thread and wakes the loop only if it sleeps.
///
/// `@unchecked Sendable` because `transfers`, `timers` and `guests` belong to the loop's thread; the rest is under the mutex
/// or immutable.
package final class EventLoop: TaskExecutor, GuestLoop, @unchecked Sendable {
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var transfers: [CurlTransfer] = []
    var timers: [LoopTimer] = []
    var guestNews: [GuestNews] = []
    /// Whether the loop waits, or is about to, and has to be woken.
    var isAsleep = false
    var cancelsTransfers = false
    var isStopping = false
  }

  private enum GuestNews {
    case admitted(any LoopGuest)
    case called(any LoopGuest)
    case dismissed(any LoopGuest, done: Mailbox<Void>)
  }

  /// How long the loop sleeps when nothing happens, in milliseconds; timers, libcurl's own too, cut it short.
  private static let longestSleep: Int64 = 1000
  /// So many turns in a row may have work of their own. Then sockets are looked at, though there be more: with guests, work may
  /// bring work for ever.
  private static let seriesLength = 8

  private let inbox = Mutex(Inbox())
  private let poll: SocketPoll
  private let transfers: TransferSet
  private let timers = TimerSet()
  private let guests: GuestSet
  private let thread = Mutex<WorkerThread?>(nil)

  /// Starts the loop's thread.
  ///
  /// - Throws: `CurlUnusable`, if libcurl has another TLS library than OpenSSL or can't be set up.
  package init(_ settings: CurlSettings) throws {
    try CurlLibrary.prepare()
    guard let poll = SocketPoll(), let transfers = TransferSet(settings: settings, poll: poll) else {
      throw CurlUnusable(reason: "the system has no descriptors or memory left for libcurl")
    }
    self.poll = poll
    self.transfers = transfers
    guests = GuestSet(poll: poll)
    let thread = try WorkerThread { [self] in run() }
    self.thread.withLock { $0 = thread }
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    put { $0.jobs.append(job) }
  }

  /// Begins a transfer; it completes on the loop.
  func begin(_ transfer: CurlTransfer) {
    put { $0.transfers.append(transfer) }
  }

  /// Returns when `duration` has passed, or at once if the loop has to hurry.
  package func sleep(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      put { $0.timers.append(LoopTimer(deadline: ContinuousClock.now + duration, continuation: continuation)) }
    }
  }

  package func admit(_ guest: any LoopGuest) {
    put { $0.guestNews.append(.admitted(guest)) }
  }

  package func call(_ guest: any LoopGuest) {
    put { $0.guestNews.append(.called(guest)) }
  }

  package func dismiss(_ guest: any LoopGuest) {
    let done = Mailbox<Void>(limit: 1)
    put { $0.guestNews.append(.dismissed(guest, done: done)) }
    _ = done.takeAll(waitingAtMost: nil)
  }

  /// Ends every transfer, those under way and those to come: as not sent, where nothing was sent, else as timed out.
  /// Nobody sleeps any more. For a stop that can't wait.
  package func cancelTransfers() {
    put { $0.cancelsTransfers = true }
  }

  /// Ends the loop once its work is done, and waits for that. Nothing may be enqueued afterwards.
  package func stop() {
    put { $0.isStopping = true }
    thread.withLock { $0 }?.join()
    transfers.close()
    poll.close()
  }

  private func put(_ change: (inout Inbox) -> Void) {
    let wasAsleep = inbox.withLock { inbox in
      change(&inbox)
      defer { inbox.isAsleep = false }
      return inbox.isAsleep
    }
    if wasAsleep { poll.wake() }
  }

  private func run() {
    var isStopping = false
    var isHurrying = false
    var series = 0
    while !isStopping {
      let work = takeWork()
      for job in work.jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
      work.transfers.forEach(transfers.start)
      work.timers.forEach(timers.add)
      work.guestNews.forEach(take)
      isHurrying = isHurrying || work.cancelsTransfers
      if isHurrying {
        transfers.cancelAll()
        timers.fireAll()
      }
      let now = ContinuousClock.now
      timers.fire(at: now)
      transfers.timerFired(at: now)
      guests.run(at: now)
      isStopping = transfers.isEmpty && isDone
      series += 1
      let mayWait = fallAsleep()
      if !isStopping, mayWait || series == Self.seriesLength {
        series = 0
        let ready = poll.wait(milliseconds: mayWait ? sleepTime : 0)
        inbox.withLock { $0.isAsleep = false }
        for readiness in ready where !guests.callOwner(of: readiness.socket) { transfers.socketReady(readiness) }
      }
    }
  }

  private func take(_ news: GuestNews) {
    switch news {
    case .admitted(let guest): guests.admit(guest)
    case .called(let guest): guests.call(guest)
    case .dismissed(let guest, let done):
      guests.dismiss(guest)
      _ = done.post(())
    }
  }

  /// Whether the loop is to end and nothing more came: a transfer that has just ended may have woken a task. Who only
  /// sleeps doesn't keep the loop.
  private var isDone: Bool {
    inbox.withLock { $0.isStopping && $0.jobs.isEmpty && $0.transfers.isEmpty }
  }

  private func takeWork() -> Inbox {
    inbox.withLock { inbox in
      let work = inbox
      inbox.jobs = []
      inbox.transfers = []
      inbox.timers = []
      inbox.guestNews = []
      inbox.cancelsTransfers = false
      return work
    }
  }

  /// Whether there is nothing to do but wait; then whoever brings work wakes the loop.
  private func fallAsleep() -> Bool {
    let hasTransfers = !transfers.isEmpty
    return inbox.withLock { inbox in
      let isDone = inbox.isStopping && !hasTransfers
      inbox.isAsleep =
        inbox.jobs.isEmpty && inbox.transfers.isEmpty && inbox.timers.isEmpty && inbox.guestNews.isEmpty
        && !inbox.cancelsTransfers && !isDone
      return inbox.isAsleep
    }
  }

  /// Until the next timer, rounded up so that it is due then; none where a guest is due already.
  private var sleepTime: Int32 {
    guard !guests.areDue else { return 0 }
    let next = Self.earlier(Self.earlier(transfers.timer, timers.next), guests.timer)
    guard let next else { return Int32(Self.longestSleep) }
    let milliseconds = (next - ContinuousClock.now).wholeMilliseconds + 1
    return Int32(max(0, min(milliseconds, Self.longestSleep)))
  }

  private static func earlier(
    _ one: ContinuousClock.Instant?, _ other: ContinuousClock.Instant?
  ) -> ContinuousClock.Instant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
  }
}
