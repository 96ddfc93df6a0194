import Digest
import FoundationEssentials

/// Checks the chain line by line, across files (the rule is in `AuditRecord`).
struct ChainVerifier {
  /// What is wrong with a line.
  struct Break: Error, Equatable {
    let what: String
  }

  private(set) var report = ChainReport()
  private var head: ChainHead?
  /// The intents that wait for their outcome, by request and connection.
  private var openIntents: [String: [ChainReport.Intent]] = [:]

  /// Takes the next whole line, with its LF.
  mutating func take(_ line: [UInt8]) throws(Break) {
    guard let record = try? JSONDecoder().decode(AuditLine.self, from: Data(line)), record.canBeCountedFrom else {
      throw Break(what: "it isn't an audit record")
    }
    var expected = head ?? ChainHead()
    if head == nil, record.prev != ChainHead.zeroHash {
      // The first file given isn't the log's first: what came before can't be checked.
      expected.sequence = record.seq - 1
      expected.hash = record.prev
      report.startsAfter = record.seq - 1
    }
    guard record.prev == expected.hash else {
      throw Break(
        what: "its 'prev' isn't the SHA-256 of the line before: one of the two was changed, or lines are missing")
    }
    guard record.seq == expected.sequence + 1 else {
      throw Break(what: "its 'seq' is \(record.seq), not \(expected.sequence + 1)")
    }
    expected.advance(over: line)
    head = expected
    report.count += 1
    report.firstTime = report.firstTime ?? record.time
    report.lastTime = record.time
    report.headHash = expected.hash
    match(record)
  }

  /// The intents that have no outcome, in the log's order.
  var intentsWithoutOutcome: [ChainReport.Intent] {
    openIntents.values.flatMap { $0 }.sorted { $0.sequence < $1.sequence }
  }

  private mutating func match(_ record: AuditLine) {
    let key = "\(record.requestId ?? "") \(record.connectionId ?? "")"
    switch record.stage {
    case "intent":
      openIntents[key, default: []].append(
        ChainReport.Intent(
          sequence: record.seq, requestID: record.requestId ?? "", time: record.time,
          connectionID: record.connectionId ?? ""))
    case "outcome", "recovered":
      openIntents[key]?.removeFirst()
      if openIntents[key]?.isEmpty == true { openIntents[key] = nil }
    default: break
    }
  }
}
