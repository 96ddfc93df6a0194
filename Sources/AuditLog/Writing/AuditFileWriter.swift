package import Clocks
package import GatewayCore

/// Writes records to the log's file, one batch after another, each of them on disk before it counts.
///
/// The system calls of a batch: one `write` of all its lines, one `fdatasync`. If either fails, the file is done with for
/// good, since the kernel may have dropped pages that a second, successful `fdatasync` would say nothing of (README,
/// "The audit log"): what can't be vouched for is cut off again, the file is moved aside, and a fresh one goes on with the chain.
///
/// Used by one thread at a time. It reads no clock but the one it is given.
package final class AuditFileWriter {
  private struct FailedFile {
    let file: any LogFile
    /// What of it was vouched for, in bytes; `nil` if someone else changed it, so that this can't be told.
    let goodSize: Int64?

    /// Cuts off what was never vouched for. Never makes it longer than it was: someone else may have cut it.
    func cut() throws(FileError) {
      if let goodSize, try file.size() > goodSize { try file.truncate(to: goodSize) }
    }
  }

  private enum State {
    case open(any LogFile, size: Int64)
    /// The file is done with; it is let go of once it is out of the way.
    case failed(FailedFile?, reason: AuditUnavailable)
  }

  /// Outcomes that found no place are kept until there is one: so many of them at the most.
  private static let keptLimit = 10_000

  private let path: String
  private let files: any LogFileSystem
  private let clock: WallClock
  private let copies: AuditCopies
  private let monotonicClock: MonotonicClock
  private let signer: CheckpointSigner?
  private var rhythm = CheckpointRhythm()
  /// The head that is to be told, once.
  private var marked: ChainHead?
  private var bounds: AuditBounds
  private var head: ChainHead
  private var state: State
  private var kept: [AuditRecord] = []
  /// How many intents on disk have no outcome there.
  private var openIntents = 0

  /// What the start found and mended.
  package let openingReport: OpeningReport

  /// Opens the log, or makes it, and writes its `opened` record; after it, in the same write, a `recovered` one for each
  /// intent that a process before this one left open.
  ///
  /// - Parameter signer: signs the checkpoints; `nil` for none.
  /// - Throws: `AuditUnavailable`, whose reason says what is wrong with the file.
  package init(
    path: String, files: any LogFileSystem, clock: WallClock, monotonicClock: MonotonicClock = .system,
    bounds: AuditBounds, signer: CheckpointSigner? = nil, copies: AuditCopies = .none
  ) throws(AuditUnavailable) {
    self.path = path
    self.files = files
    self.clock = clock
    self.copies = copies
    self.monotonicClock = monotonicClock
    self.signer = signer
    self.bounds = bounds
    let opening = try LogOpening(path: path, files: files, clock: clock)
    head = opening.head
    state = .open(opening.file, size: opening.size)
    openingReport = opening.report
    openIntents = opening.recovered.count
    self.bounds.previousFile = opening.previousFile
    do {
      try append([boundary(.opened)] + opening.recovered)
    } catch {
      opening.file.close()
      throw error
    }
  }

  /// Whether records can be written, as far as is known.
  package var isWritable: Bool {
    if case .open = state { true } else { false }
  }

  /// Whether the path leads to another file than the one that is written to, or to none: it was rotated or deleted.
  package var isMoved: Bool {
    if case .open(let file, _) = state { files.identity(of: path) != file.identity } else { false }
  }

  /// What is free on the log's file system, in bytes; `nil` if that can't be told.
  package var freeSpace: Int64? {
    try? files.freeSpace(of: path)
  }

  /// How many outcomes wait for a fresh file.
  package var keptCount: Int {
    kept.count
  }

  /// The number of the last record on disk.
  package var sequence: Int64 {
    head.sequence
  }

  /// Whether records wait for a checkpoint.
  package var waitsForCheckpoint: Bool {
    rhythm.isRunning
  }

  /// Writes a checkpoint, if the time for it has come.
  package func writeCheckpointIfDue() throws(AuditUnavailable) {
    if isWritable, rhythm.isDue(at: monotonicClock.now()) { try write([]) }
  }

  /// The head at the last checkpoint, or where one would be if there were a key; `nil` if it was told already.
  func takeMarkedHead() -> ChainHead? {
    defer { marked = nil }
    return marked
  }

  /// Puts the records on disk, all of them or none.
  ///
  /// - Throws: `AuditUnavailable`. Outcomes are kept and written to the next file, since what they tell has happened.
  package func append(_ records: [AuditRecord]) throws(AuditUnavailable) {
    do {
      try write(records)
    } catch {
      kept += records.filter { $0.stage == .outcome }.prefix(Self.keptLimit - kept.count)
      throw error
    }
  }

  /// Looks whether anyone else has written to the file or cut it. Then it is done with: in it, the chain is broken.
  ///
  /// - Throws: `AuditUnavailable`.
  package func checkUntouched() throws(AuditUnavailable) {
    guard case .open(let file, let size) = state else { return }
    let reason: AuditUnavailable
    do throws(FileError) {
      let actual = try file.size()
      guard actual != size else { return }
      reason = AuditUnavailable("someone else changed the file: it has \(actual) bytes instead of \(size)")
    } catch {
      reason = AuditUnavailable(error)
    }
    state = .failed(FailedFile(file: file, goodSize: nil), reason: reason)
    throw reason
  }

  /// Tries a fresh file, if the present one is done with.
  package func recover() throws(AuditUnavailable) {
    guard case .failed(let failed, _) = state else { return }
    let file: any LogFile
    do throws(FileError) {
      if let failed { try moveAside(failed) }
      file = try openEmpty(path)
    } catch {
      throw AuditUnavailable(error)
    }
    state = .open(file, size: 0)
    try write([boundary(.opened)] + kept)
    kept = []
  }

  /// Goes on in the file that the path leads to now, after a rotation; makes it, if there is none. The same file: nothing to
  /// do.
  ///
  /// A file that is made gets the log's name once the old one has its `closed` record: who follows the log by its name
  /// (rsyslog, `tail -F`) leaves the old one for good when the name leads elsewhere. It is made before that, so that the old
  /// one goes on if none can be made, unless it was deleted: then it is done with.
  ///
  /// - Returns: whether there was another file.
  package func reopen() throws(AuditUnavailable) -> Bool {
    guard case .open(let old, _) = state, files.identity(of: path) != old.identity else { return false }
    let freshPath = files.isFree(path) ? LogFamily.freshPath(of: path) : path
    let file: any LogFile
    do throws(FileError) {
      file = try openEmpty(freshPath)
    } catch {
      let reason = AuditUnavailable(error)
      if !old.hasName { abandon(reason) }
      throw reason
    }
    let oldName = old.name
    do {
      try write([boundary(.closed)])
    } catch {
      discard(file, freshPath)
      throw error
    }
    do throws(FileError) {
      if freshPath != path { try giveName(to: freshPath) }
    } catch {
      // The old file has its last record, so there is no going back: it is gone on as after a failure.
      discard(file, freshPath)
      abandon(AuditUnavailable(error))
      try recover()
      return true
    }
    old.close()
    state = .open(file, size: 0)
    bounds.previousFile = oldName
    try write([boundary(.opened)])
    return true
  }

  /// Writes the `closed` record and lets go of the file.
  package func close() throws(AuditUnavailable) {
    defer {
      if case .open(let file, _) = state { file.close() }
      state = .failed(nil, reason: AuditUnavailable("the audit log is closed"))
    }
    try write([boundary(.closed)])
  }

  private func write(_ records: [AuditRecord]) throws(AuditUnavailable) {
    switch state {
    case .failed(_, let reason): throw reason
    case .open(let file, let size):
      var batch = LineBatch(
        after: head, rhythm: rhythm, signer: signer, time: clock.now(), now: monotonicClock.now())
      do throws(FileError) {
        try batch.fill(with: records)
        if !batch.bytes.isEmpty {
          try file.append(batch.bytes)
          try file.sync()
        }
      } catch {
        // Not synced: a sync that succeeds now would say nothing. What can't be cut off now is before the next file.
        let failed = FailedFile(file: file, goodSize: size)
        try? failed.cut()
        let reason = AuditUnavailable(error)
        state = .failed(failed, reason: reason)
        throw reason
      }
      head = batch.head
      rhythm = batch.rhythm
      marked = batch.marked ?? marked
      state = .open(file, size: size + Int64(batch.bytes.count))
      copies.offer(WrittenBatch(time: batch.time, stages: batch.stages, bytes: batch.bytes))
      openIntents += batch.stages.reduce(0) { $0 + $1.openIntentsChange }
    }
  }

  /// Gives the log's name to the new file. Someone else may have made one meanwhile.
  private func giveName(to freshPath: String) throws(FileError) {
    guard files.isFree(path) else { throw FileError(operation: "rename", code: 0, reason: "someone else made a file") }
    try files.rename(freshPath, to: path)
    // Before anything in it counts.
    try files.syncDirectory(of: path)
  }

  /// The open file is done with, though all in it counts.
  private func abandon(_ reason: AuditUnavailable) {
    if case .open(let file, let size) = state {
      state = .failed(FailedFile(file: file, goodSize: size), reason: reason)
    }
  }

  /// The file at the path, made if there is none. It must hold nothing: its chain would be another one.
  private func openEmpty(_ path: String) throws(FileError) -> any LogFile {
    let file = try files.open(path)
    do throws(FileError) {
      guard try file.size() == 0 else {
        throw FileError(operation: "open", code: 0, reason: "the new file isn't empty (\(file.name))")
      }
      // Before anything in it counts: a file whose name is lost is lost.
      try files.syncDirectory(of: path)
      return file
    } catch {
      file.close()
      throw error
    }
  }

  /// Lets go of a fresh file, and takes it away if we made it.
  private func discard(_ file: any LogFile, _ freshPath: String) {
    if file.isNew || freshPath != path { try? files.remove(freshPath) }
    file.close()
  }

  /// Gives the failed file another name, so that its own is free; one in which nothing counts is removed.
  private func moveAside(_ failed: FailedFile) throws(FileError) {
    // Its last line has to be the one that the next file goes on from.
    try failed.cut()
    let isEmpty = failed.goodSize == 0
    if files.identity(of: path) == failed.file.identity {
      if isEmpty {
        try files.remove(path)
      } else {
        try files.rename(path, to: "\(path).failed-\(clock.now().iso8601Basic)-\(head.sequence)")
      }
    }
    if !isEmpty { bounds.previousFile = failed.file.name }
    failed.file.close()
    state = .failed(nil, reason: AuditUnavailable("no fresh file yet"))
  }

  private func boundary(_ stage: AuditRecord.Stage) -> AuditRecord {
    var record = AuditRecord(stage: stage)
    record.bounds = bounds
    if stage == .closed {
      record.bounds?.previousFile = nil
    } else if bounds.previousFile != nil, openIntents > 0 {
      record.bounds?.openIntents = openIntents
    }
    return record
  }
}

extension AuditRecord.Stage {
  /// By how many the intents without an outcome become more.
  fileprivate var openIntentsChange: Int {
    switch self {
    case .intent: 1
    case .outcome, .recovered: -1
    default: 0
    }
  }
}

extension AuditUnavailable {
  init(_ error: FileError) {
    self.init(error.code == 0 ? error.reason : "\(error.operation): \(error.reason)")
  }
}
