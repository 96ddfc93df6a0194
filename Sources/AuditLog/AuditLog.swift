package import Clocks
package import GatewayCore
package import Logging
import Synchronization
import Threads

/// The audit log: one thread writes it, and records that arrive together share one `fdatasync` (group commit).
package final class AuditLog: AuditJournal, Sendable {
  private enum Message: Sendable {
    case record(PendingRecord)
    case reopen
    case close
  }

  /// Records that may wait for the disk. Each of them is a request that waits, so this is a bound on memory.
  private static let backlog = 8192
  /// Seconds after which a fresh file is tried, and tried again.
  private static let secondsBetweenTries = 1.0
  /// Seconds after which it is looked whether the file is where it was: one that was moved is noticed within a second.
  private static let secondsBetweenLooks = 0.5

  private let mailbox = Mailbox<Message>(limit: backlog)
  /// What the writer is done with. Whoever brings the next record lets go of it: it is his thread's memory, and to give back
  /// another thread's takes locks, which that one then waits for.
  private let finished = Mutex<[Message]>([])
  /// How much of it is kept for that.
  private static let finishedLimit = 256
  private let written = Atomic(0)
  private let refusals = Mutex(RefusalLimiter())
  private let clock: WallClock
  private let monotonicClock: MonotonicClock
  /// Where else the records go.
  package let copies: AuditCopies
  private let lastSequence = Atomic(0)
  private let logger: Logger
  private let thread = Mutex<WorkerThread?>(nil)
  private let watch: DeadlineWatch
  private let state: Mutex<AuditCondition>

  /// Opens the log and starts its threads: one that writes, and one that ends the waiting of calls whose time is over.
  ///
  /// - Parameters:
  ///   - signer: signs the checkpoints; `nil` for none.
  ///   - reserve: so many bytes should be free on the log's file system (`--audit-reserve`).
  /// - Throws: `AuditUnavailable`, if the file can't be used.
  package init(
    path: String, files: any LogFileSystem, clock: WallClock, monotonicClock: MonotonicClock = .system,
    bounds: AuditBounds, signer: CheckpointSigner? = nil, copies: AuditCopies = .none, reserve: Int64 = 0,
    logger: Logger
  ) throws {
    state = Mutex(AuditCondition(reserve: reserve))
    self.clock = clock
    self.monotonicClock = monotonicClock
    self.copies = copies
    self.logger = logger
    let writer = SoleWriter(
      try AuditFileWriter(
        path: path, files: files, clock: clock, monotonicClock: monotonicClock, bounds: bounds, signer: signer,
        copies: copies))
    writer.writer.openingReport.log(logger)
    lastSequence.store(Int(writer.writer.sequence), ordering: .relaxed)
    let mailbox = self.mailbox
    watch = try DeadlineWatch(clock: monotonicClock, logger: logger) {
      mailbox.peek().compactMap { if case .record(let record) = $0 { record } else { nil } }
    }
    do {
      let thread = try WorkerThread { [self] in run(writer.writer) }
      self.thread.withLock { $0 = thread }
    } catch {
      watch.stop()
      throw error
    }
  }

  /// Whether the last write succeeded, and none takes longer than calls may.
  package var isWritable: Bool {
    condition.failure == nil
  }

  /// How it is, and why.
  package var condition: AuditCondition {
    var condition = state.withLock { $0 }
    if watch.isLate { condition.failure = "a write takes longer than a call may" }
    return condition
  }

  /// How many records this process has written.
  package var recordCount: Int {
    written.load(ordering: .relaxed)
  }

  /// How many refused calls were counted instead of written one by one.
  package var suppressedCount: Int {
    refusals.withLock(\.total)
  }

  /// The number of the last record on disk: how many there are in all of the log's files.
  package var headSequence: Int {
    lastSequence.load(ordering: .relaxed)
  }

  /// Returns once the record is on disk. A refusal beyond its address's rate doesn't wait for the disk: it is counted. One
  /// that can't be written is counted too, so that each is in the log once, sooner or later.
  package func append(_ record: AuditRecord, by deadline: MonotonicClock.Instant?) async throws(AuditUnavailable) {
    guard record.stage == .denied, let client = record.client else { return try await write(record, by: deadline) }
    guard refusals.withLock({ $0.admits(client, at: monotonicClock.now(), time: clock.now()) }) else { return }
    do {
      try await write(record, by: deadline)
    } catch {
      if !error.isUndecided { count(client) }
      throw error
    }
  }

  private func write(_ record: AuditRecord, by deadline: MonotonicClock.Instant?) async throws(AuditUnavailable) {
    _ = finished.withLock { finished in
      defer { finished = [] }
      return finished
    }
    let result = await withCheckedContinuation { continuation in
      let pending = PendingRecord(record, began: monotonicClock.now(), by: deadline, continuation)
      // There are no more outcomes than there were intents, which the limit is for.
      if !mailbox.post(.record(pending), evenIfFull: record.stage == .outcome) {
        pending.end(.failure(AuditUnavailable("too many records wait for the disk")))
      }
    }
    try result.get()
  }

  private func count(_ client: Client) {
    refusals.withLock { $0.count(client, at: monotonicClock.now(), time: clock.now()) }
  }

  /// Ends the waiting of those whose time is over.
  func expire(at now: MonotonicClock.Instant) {
    watch.expire(at: now)
  }

  /// Goes on in the file that the path leads to now, after a rotation.
  package func reopen() {
    _ = mailbox.post(.reopen, evenIfFull: true)
  }

  /// Writes what waits and the `closed` record, and ends the thread.
  package func close() {
    _ = mailbox.post(.close, evenIfFull: true)
    thread.withLock { $0 }?.join()
    watch.stop()
    copies.close()
  }

  private func run(_ writer: AuditFileWriter) {
    var nextTry = ContinuousClock.now
    var nextLook = ContinuousClock.now
    var isClosing = false
    var callsUnderWay = 0
    while !isClosing {
      let messages = mailbox.takeAll(
        waitingAtMost: Self.secondsBetweenLooks, company: Company(callsUnderWay: callsUnderWay))
      if !writer.isWritable, ContinuousClock.now >= nextTry { recover(writer) }
      let wasWritable = writer.isWritable
      commit(messages, to: writer, &callsUnderWay)
      if writer.isWritable, refusals.withLock({ $0.isDue(at: monotonicClock.now()) }) { writeCounts(to: writer) }
      for message in messages {
        switch message {
        case .record: break
        case .reopen: nextLook = ContinuousClock.now
        case .close: isClosing = true
        }
      }
      if ContinuousClock.now >= nextLook {
        look(writer)
        nextLook = ContinuousClock.now + .seconds(Self.secondsBetweenLooks)
      }
      writeCheckpointIfDue(writer)
      tellHead(writer)
      watch.end()
      finished.withLock { $0 += messages.prefix(Self.finishedLimit - $0.count) }
      if !writer.isWritable, wasWritable || ContinuousClock.now >= nextTry {
        nextTry = ContinuousClock.now + .seconds(Self.secondsBetweenTries)
      }
    }
    // The last chance for outcomes that found no place.
    if !writer.isWritable { recover(writer) }
    writeCounts(to: writer)
    close(writer)
    tellHead(writer)
    for case .record(let record) in mailbox.shut() {
      record.end(.failure(AuditUnavailable("the audit log is closed")))
    }
  }

  /// Writes the records among the messages, and tells those who wait for them.
  ///
  /// - Parameter callsUnderWay: how many intents have no outcome yet.
  private func commit(_ messages: [Message], to writer: AuditFileWriter, _ callsUnderWay: inout Int) {
    var pending: [PendingRecord] = []
    for case .record(let record) in messages where record.take() { pending.append(record) }
    guard !pending.isEmpty else { return }
    let records = pending.map(\.record)
    watch.begin(pending)
    var result: Result<Void, AuditUnavailable> = .success(())
    do {
      try append(records, to: writer)
      callsUnderWay += records.count { $0.stage == .intent }
    } catch {
      result = .failure(error)
    }
    // Written or kept: no more comes of these calls.
    callsUnderWay = max(0, callsUnderWay - records.count { $0.stage == .outcome })
    let late = pending.filter { !$0.end(result) }
    if !late.isEmpty { settle(late, result, writer, &callsUnderWay) }
  }

  /// Sees to the records whose calls had ended before they were written, or not.
  private func settle(
    _ pending: [PendingRecord], _ result: Result<Void, AuditUnavailable>, _ writer: AuditFileWriter,
    _ callsUnderWay: inout Int
  ) {
    guard case .success = result else {
      for late in pending where late.record.stage == .denied { late.record.client.map(count) }
      return
    }
    let closings = pending.filter { $0.record.stage == .intent }.map { $0.record.neverSent(after: $0.patience) }
    guard !closings.isEmpty else { return }
    // What fails is kept, like every outcome.
    try? append(closings, to: writer)
    callsUnderWay = max(0, callsUnderWay - closings.count)
  }

  private func append(_ records: [AuditRecord], to writer: AuditFileWriter) throws(AuditUnavailable) {
    do {
      try writer.append(records)
      written.add(records.count, ordering: .relaxed)
      lastSequence.store(Int(writer.sequence), ordering: .relaxed)
    } catch {
      giveUp(error)
      throw error
    }
  }

  /// Sees whether the file is where it was and as it was left, and how much room there is.
  private func look(_ writer: AuditFileWriter) {
    if writer.isWritable {
      do throws(AuditUnavailable) {
        try writer.checkUntouched()
        if writer.isMoved {
          writeCounts(to: writer)
          if try writer.reopen() { logger.notice("audit goes on in a new file") }
        }
        state.withLock { $0.whyNotReopened = nil }
      } catch {
        if !writer.isWritable {
          giveUp(error)
        } else {
          notReopened(error.reason)
        }
      }
    }
    let freeSpace = writer.freeSpace
    let (isNew, condition) = state.withLock { state in (state.look(freeSpace: freeSpace), state) }
    guard isNew else { return }
    logger.log(
      level: condition.isReserveLow ? .warning : .notice,
      condition.isReserveLow ? "little room is left for the audit" : "there is room for the audit again",
      metadata: ["freeBytes": "\(freeSpace ?? 0)", "reserveBytes": "\(condition.reserve)"])
  }

  /// The records go to the file that was moved away until there is another one. Said once.
  private func notReopened(_ reason: String) {
    let isNew = state.withLock { state in
      defer { state.whyNotReopened = reason }
      return state.whyNotReopened != reason
    }
    if isNew { logger.error("audit file not reopened", metadata: ["reason": "\(reason)"]) }
  }

  /// Writes how many refusals were only counted since the last time.
  private func writeCounts(to writer: AuditFileWriter) {
    let counts = refusals.withLock { $0.takeCounts(at: monotonicClock.now()) }
    guard !counts.isEmpty else { return }
    do {
      try append(counts.map(\.record), to: writer)
    } catch {
      refusals.withLock { $0.putBack(counts, at: monotonicClock.now()) }
    }
  }

  /// Before anyone is told: whoever then asks whether the log can be written gets the same answer.
  private func giveUp(_ error: AuditUnavailable) {
    let isNew = state.withLock { state in
      defer { state.failure = error.reason }
      return state.failure == nil
    }
    if isNew { logger.error("audit file given up", metadata: ["reason": "\(error.reason)"]) }
  }

  private func writeCheckpointIfDue(_ writer: AuditFileWriter) {
    do {
      try writer.writeCheckpointIfDue()
    } catch {
      giveUp(error)
    }
  }

  /// Logs the head at the checkpoints' rhythm, key or no key: where logs are shipped, there is a copy of it elsewhere.
  private func tellHead(_ writer: AuditFileWriter) {
    lastSequence.store(Int(writer.sequence), ordering: .relaxed)
    guard let head = writer.takeMarkedHead() else { return }
    logger.info("audit head", metadata: ["seq": "\(head.sequence)", "hash": "\(head.hash)"])
  }

  private func recover(_ writer: AuditFileWriter) {
    do {
      try writer.recover()
      state.withLock { ($0.failure, $0.whyNotReopened) = (nil, nil) }
      logger.notice("audit goes on in a fresh file")
    } catch {
      logger.error("no fresh audit file", metadata: ["reason": "\(error.reason)"])
    }
  }

  private func close(_ writer: AuditFileWriter) {
    do {
      try writer.close()
      logger.debug("audit closed")
    } catch {
      logger.error("audit not closed properly", metadata: ["reason": "\(error.reason)"])
    }
    let lost = refusals.withLock { $0.takeCounts(at: monotonicClock.now()) }.reduce(0) { $0 + $1.count }
    if lost > 0 { logger.error("refused calls that the audit has no place for", metadata: ["count": "\(lost)"]) }
  }
}

/// Carries the writer to its thread.
///
/// `@unchecked Sendable` because it is made before the thread starts, and only that thread uses it from then on.
private struct SoleWriter: @unchecked Sendable {
  let writer: AuditFileWriter

  init(_ writer: AuditFileWriter) {
    self.writer = writer
  }
}
