import Clocks
import Digest
import GatewayCore

/// The lines of one write, with the checkpoints that come in between and after.
///
/// What it says of the chain counts once they are on disk.
struct LineBatch {
  private(set) var bytes: [UInt8] = []
  /// Of each line.
  private(set) var stages: [AuditRecord.Stage] = []
  private(set) var head: ChainHead
  private(set) var rhythm: CheckpointRhythm
  /// The head when a checkpoint was due last, or would have been with a key.
  private(set) var marked: ChainHead?
  private let signer: CheckpointSigner?
  let time: Timestamp
  private let now: MonotonicClock.Instant

  /// - Parameter signer: `nil` for no checkpoints.
  init(
    after head: ChainHead, rhythm: CheckpointRhythm, signer: CheckpointSigner?, time: Timestamp,
    now: MonotonicClock.Instant
  ) {
    self.head = head
    self.rhythm = rhythm
    self.signer = signer
    self.time = time
    self.now = now
  }

  /// Adds the records, and a checkpoint wherever one is due.
  ///
  /// - Throws: `FileError`, if the head can't be signed; then none of it may be written.
  mutating func fill(with records: [AuditRecord]) throws(FileError) {
    do {
      try add(records)
    } catch {
      throw FileError(operation: "sign", code: 0, reason: "the audit can't be signed: \(error.reason)")
    }
  }

  private mutating func add(_ records: [AuditRecord]) throws(KeyError) {
    for record in records {
      add(record)
      rhythm.countRecord(at: now)
      // What a file was closed with is vouched for like the rest: the checkpoint comes after it.
      if rhythm.isDue(at: now) || record.stage == .closed { try mark() }
    }
    if rhythm.isDue(at: now) { try mark() }
  }

  private mutating func mark() throws(KeyError) {
    if let signer { add(try signer.checkpoint(after: head, time: time)) }
    rhythm.restart()
    marked = head
  }

  private mutating func add(_ record: AuditRecord) {
    let line = record.line(time: time, sequence: head.sequence + 1, previous: head.hash)
    head.advance(over: line)
    bytes += line
    stages.append(record.stage)
  }
}
