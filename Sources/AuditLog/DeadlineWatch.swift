import Clocks
import Logging
import Synchronization
import Threads

/// Ends the waiting of calls whose time is over, from a thread of its own: the writer's may be stuck in the disk.
final class DeadlineWatch: Sendable {
  /// What the writer's thread is at.
  private struct State {
    /// The records of the write under way.
    var records: [PendingRecord] = []
    /// Whether someone has waited longer than a call may take.
    var isLate = false
  }

  /// Seconds after which it is looked for them.
  private static let interval = 0.25

  private let clock: MonotonicClock
  private let logger: Logger
  private let queued: @Sendable () -> [PendingRecord]
  private let state = Mutex(State())
  private let stopping = Mailbox<Void>(limit: 1)
  private let thread = Mutex<WorkerThread?>(nil)

  /// Starts its thread.
  ///
  /// - Parameter queued: the records that wait to be written.
  /// - Throws: `ThreadError`.
  init(clock: MonotonicClock, logger: Logger, queued: @escaping @Sendable () -> [PendingRecord]) throws {
    self.clock = clock
    self.logger = logger
    self.queued = queued
    let thread = try WorkerThread { [self] in
      while stopping.takeAll(waitingAtMost: Self.interval).isEmpty { expire(at: clock.now()) }
    }
    self.thread.withLock { $0 = thread }
  }

  /// Whether the disk takes longer than calls may.
  var isLate: Bool {
    state.withLock(\.isLate)
  }

  /// These are being written from now on.
  func begin(_ records: [PendingRecord]) {
    state.withLock { $0.records = records }
  }

  /// Whatever the disk was asked for, it has answered.
  func end() {
    let wasLate = state.withLock { state in
      defer { state = State() }
      return state.isLate
    }
    if wasLate { logger.notice("the audit's disk has answered") }
  }

  /// Ends the waiting of those whose time is over.
  func expire(at now: MonotonicClock.Instant) {
    let due = (state.withLock(\.records) + queued()).filter { $0.isDue(at: now) }
    guard !due.isEmpty else { return }
    // Before anyone is told: who asks then how the log is learns the same.
    let isNew = state.withLock { state in
      defer { state.isLate = true }
      return !state.isLate
    }
    if isNew { logger.error("the audit's disk takes longer than calls may") }
    due.forEach { $0.expire(at: now) }
  }

  /// Ends the thread.
  func stop() {
    _ = stopping.post(())
    thread.withLock { $0 }?.join()
  }
}
