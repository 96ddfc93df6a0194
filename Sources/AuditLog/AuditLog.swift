package import Clocks
package import GatewayCore
package import Logging
import Synchronization
import Threads

/// The audit log: one thread writes it, and records that arrive together share one `fdatasync` (group commit).
package final class AuditLog: AuditJournal, Sendable {
  private enum Message: Sendable {
    case record(AuditRecord, CheckedContinuation<Result<Void, AuditUnavailable>, Never>)
    case reopen
    case close
  }

  /// Records that may wait for the disk. Each of them is a request that waits, so this is a bound on memory.
  private static let backlog = 8192
  /// Seconds after which a fresh file is tried, and tried again.
  private static let secondsBetweenTries = 1

  private let mailbox = Mailbox<Message>(limit: backlog)
  private let writable = Atomic(true)
  private let written = Atomic(0)
  private let refusals = Mutex(RefusalLimiter())
  private let clock: WallClock
  private let monotonicClock: MonotonicClock
  private let logger: Logger
  private let thread = Mutex<WorkerThread?>(nil)

  /// Opens the log and starts its thread.
  ///
  /// - Throws: `AuditUnavailable`, if the file can't be used.
  package init(
    path: String, files: any LogFileSystem, clock: WallClock, monotonicClock: MonotonicClock = .system,
    bounds: AuditBounds, logger: Logger
  ) throws {
    self.clock = clock
    self.monotonicClock = monotonicClock
    self.logger = logger
    let writer = SoleWriter(try AuditFileWriter(path: path, files: files, clock: clock, bounds: bounds))
    writer.writer.openingReport.log(logger)
    let thread = try WorkerThread { [self] in run(writer.writer) }
    self.thread.withLock { $0 = thread }
  }

  /// Whether the last write succeeded.
  package var isWritable: Bool {
    writable.load(ordering: .relaxed)
  }

  /// How many records this process has written.
  package var recordCount: Int {
    written.load(ordering: .relaxed)
  }

  /// How many refused calls were counted instead of written one by one.
  package var suppressedCount: Int {
    refusals.withLock(\.total)
  }

  /// Returns once the record is on disk. A refusal beyond its address's rate doesn't wait for the disk: it is counted. One
  /// that can't be written is counted too, so that each is in the log once, sooner or later.
  package func append(_ record: AuditRecord) async throws(AuditUnavailable) {
    guard record.stage == .denied, let client = record.client else { return try await write(record) }
    guard refusals.withLock({ $0.admits(client, at: monotonicClock.now(), time: clock.now()) }) else { return }
    do {
      try await write(record)
    } catch {
      refusals.withLock { $0.count(client, at: monotonicClock.now(), time: clock.now()) }
      throw error
    }
  }

  private func write(_ record: AuditRecord) async throws(AuditUnavailable) {
    let result = await withCheckedContinuation { continuation in
      if !mailbox.post(.record(record, continuation)) {
        continuation.resume(returning: .failure(AuditUnavailable("too many records wait for the disk")))
      }
    }
    try result.get()
  }

  /// Goes on in the file that the path leads to now, after a rotation.
  package func reopen() {
    _ = mailbox.post(.reopen, evenIfFull: true)
  }

  /// Writes what waits and the `closed` record, and ends the thread.
  package func close() {
    _ = mailbox.post(.close, evenIfFull: true)
    thread.withLock { $0 }?.join()
  }

  private func run(_ writer: AuditFileWriter) {
    var nextTry = ContinuousClock.now
    var nextReopening = ContinuousClock.now
    var isReopening = false
    var isClosing = false
    var callsUnderWay = 0
    while !isClosing {
      let messages = mailbox.takeAll(
        waitingAtMost: Self.secondsBetweenTries, company: Company(callsUnderWay: callsUnderWay))
      if !writer.isWritable, ContinuousClock.now >= nextTry { recover(writer) }
      let wasWritable = writer.isWritable
      commit(messages, to: writer, &callsUnderWay)
      if writer.isWritable, refusals.withLock({ $0.isDue(at: monotonicClock.now()) }) { writeCounts(to: writer) }
      for message in messages {
        switch message {
        case .record: break
        case .reopen:
          isReopening = true
          nextReopening = ContinuousClock.now
        case .close: isClosing = true
        }
      }
      // What fails is tried again: until it succeeds, the records go to the file that was rotated away.
      if isReopening, writer.isWritable, ContinuousClock.now >= nextReopening {
        writeCounts(to: writer)
        isReopening = !reopen(writer)
        nextReopening = ContinuousClock.now + .seconds(Self.secondsBetweenTries)
      }
      writable.store(writer.isWritable, ordering: .relaxed)
      if !writer.isWritable, wasWritable || ContinuousClock.now >= nextTry {
        nextTry = ContinuousClock.now + .seconds(Self.secondsBetweenTries)
      }
    }
    // The last chance for outcomes that found no place.
    if !writer.isWritable { recover(writer) }
    writeCounts(to: writer)
    close(writer)
    for case .record(_, let continuation) in mailbox.shut() {
      continuation.resume(returning: .failure(AuditUnavailable("the audit log is closed")))
    }
  }

  /// Writes the records among the messages, and tells those who wait for them.
  ///
  /// - Parameter callsUnderWay: how many intents have no outcome yet.
  private func commit(_ messages: [Message], to writer: AuditFileWriter, _ callsUnderWay: inout Int) {
    var records: [AuditRecord] = []
    var waiting: [CheckedContinuation<Result<Void, AuditUnavailable>, Never>] = []
    for case .record(let record, let continuation) in messages {
      records.append(record)
      waiting.append(continuation)
    }
    guard !records.isEmpty else { return }
    var result: Result<Void, AuditUnavailable> = .success(())
    do {
      try append(records, to: writer)
      callsUnderWay += records.count { $0.stage == .intent }
    } catch {
      result = .failure(error)
    }
    // Written or kept: no more comes of these calls.
    callsUnderWay = max(0, callsUnderWay - records.count { $0.stage == .outcome })
    waiting.forEach { $0.resume(returning: result) }
  }

  private func append(_ records: [AuditRecord], to writer: AuditFileWriter) throws(AuditUnavailable) {
    do {
      try writer.append(records)
      written.add(records.count, ordering: .relaxed)
    } catch {
      // Before anyone is told: whoever then asks whether the log can be written gets the same answer.
      if writable.exchange(false, ordering: .relaxed) {
        logger.error("audit file given up", metadata: ["reason": "\(error.reason)"])
      }
      throw error
    }
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

  private func recover(_ writer: AuditFileWriter) {
    do {
      try writer.recover()
      writable.store(true, ordering: .relaxed)
      logger.notice("audit goes on in a fresh file")
    } catch {
      logger.error("no fresh audit file", metadata: ["reason": "\(error.reason)"])
    }
  }

  private func reopen(_ writer: AuditFileWriter) -> Bool {
    do {
      if try writer.reopen() { logger.notice("audit goes on in a new file") }
      return true
    } catch {
      logger.error("audit file not reopened", metadata: ["reason": "\(error.reason)"])
      return false
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
