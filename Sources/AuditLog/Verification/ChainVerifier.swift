import Digest
import GatewayCore

/// Checks the chain line by line, across files (the rule is in `AuditRecord`).
struct ChainVerifier {
  /// What is wrong with a line.
  struct Break: Error, Equatable {
    let what: String
  }

  /// The line that holds last; `nil` before the first.
  private(set) var head: ChainHead?
  private var count = 0
  private var first: AuditLine?
  private var last: AuditLine?
  /// Whether a `closed` record was the last, but for checkpoints.
  private var isClosed = false
  private var intents = UnansweredIntents()
  private var checkpoints: CheckpointCheck

  /// - Parameter publicKeys: of the checkpoints' signatures; none to leave them unchecked.
  init(publicKeys: [Ed25519PublicKey] = []) {
    checkpoints = CheckpointCheck(publicKeys)
  }

  /// Takes the next whole line, with its LF.
  mutating func take(_ line: [UInt8]) throws(Break) {
    try take(Self.record(line))
  }

  /// Reads a whole line, with its LF.
  static func record(_ line: [UInt8]) throws(Break) -> AuditLine {
    do {
      return try AuditLine(line)
    } catch {
      throw Break(what: error.what)
    }
  }

  /// Takes the next record.
  mutating func take(_ record: AuditLine) throws(Break) {
    let previous = record.previous
    var expected = head ?? ChainHead()
    if head == nil, previous != ChainHead.zeroHash {
      // The first file given isn't the log's first: what came before can't be checked.
      guard record.sequence > 1 else { throw Break(what: "its 'seq' is 1, and its 'prev' isn't 64 zeros") }
      expected = ChainHead(sequence: record.sequence - 1, hash: previous)
    }
    guard previous == expected.hash else {
      throw Break(
        what: "its 'prev' isn't the SHA-256 of the line before: one of the two was changed, or lines are missing")
    }
    guard record.sequence == expected.sequence + 1 else {
      throw Break(what: "its 'seq' is \(record.sequence), not \(expected.sequence + 1)")
    }
    guard !isClosed || record.stage == .opened || record.stage == .checkpoint else {
      throw Break(what: "the file was closed before it, and not opened again")
    }
    if record.stage == .checkpoint { try checkpoints.take(record) }
    expected.advance(over: record.bytes)
    head = expected
    count += 1
    if first == nil { first = record }
    last = record
    isClosed = record.stage == .closed || isClosed && record.stage == .checkpoint
    intents.take(record)
  }

  /// The intents that have no outcome, in the log's order.
  var intentsWithoutOutcome: [ChainReport.Intent] {
    intents.all
  }

  /// What was found so far.
  var report: ChainReport {
    var report = ChainReport()
    report.count = count
    report.firstTime = first?.time
    report.lastTime = last?.time
    report.lastSequence = head?.sequence
    report.headHash = head?.hash
    if let first, first.sequence > 1 {
      report.startsAfter = first.sequence - 1
      report.startsAfterFile = first.previousFile
    }
    report.isClosed = isClosed
    report.intentsWithoutOutcome = intentsWithoutOutcome
    report.checkpointCount = checkpoints.count
    report.vouched = checkpoints.vouched
    return report
  }
}
