import AuditLog
import GatewayCore

/// What `audit verify` says of a log.
struct VerificationText {
  private let report: ChainReport
  private let areSignaturesChecked: Bool

  init(_ report: ChainReport, areSignaturesChecked: Bool) {
    self.report = report
    self.areSignaturesChecked = areSignaturesChecked
  }

  /// Whether the log is what it was asked to be.
  var isGood: Bool {
    report.isWhole && (!areSignaturesChecked || report.vouched != nil)
  }

  /// One finding a line, the verdict last.
  var lines: [String] {
    intents + [beginning, torn, end, checkpoints].compactMap { $0 } + verdict
  }

  private var intents: [String] {
    report.intentsWithoutOutcome.map { intent in
      "intent without outcome: seq \(intent.sequence), request \(intent.requestID), connection "
        + "\(intent.connectionID), \(intent.time)"
    }
  }

  private var beginning: String? {
    report.startsAfter.map { number in
      let name = String(decoding: JSON.string(report.startsAfterFile ?? "").bytes, as: UTF8.self)
      return "begins after seq \(number), in a file that was called \(name) then and wasn't given"
    }
  }

  private var torn: String? {
    report.tornLine.map { torn in
      "torn last line: \(torn.file), line \(torn.line), \(torn.byteCount) bytes without an end; not checked"
    }
  }

  private var end: String? {
    report.isWhole && report.count > 0 && !report.isClosed
      ? "not closed: the gateway writes to it still, or was killed, or its end was cut off" : nil
  }

  private var checkpoints: String? {
    guard areSignaturesChecked else {
      return report.checkpointCount == 0
        ? nil : "not checked: the signatures of \(report.checkpointCount) checkpoints, since no --public-key was given"
    }
    return report.vouched.map { vouched in
      let rest = (report.lastSequence ?? 0) - vouched.sequence
      return "vouched for: seq 1 to \(vouched.sequence), \(vouched.time), by the last of \(report.checkpointCount) "
        + "checkpoints, of the key \(vouched.keyID)"
        + (rest == 0 ? "" : "; \(rest) records after it could be anyone's")
    }
  }

  private var verdict: [String] {
    let span = report.firstTime.map { ", \($0) to \(report.lastTime ?? "")" } ?? ""
    let head = report.headHash.map { ", head \($0)" } ?? ""
    let records = "\(report.count) records\(span)\(head)"
    if let firstBreak = report.firstBreak {
      return ["broken: \(firstBreak.file), line \(firstBreak.line): \(firstBreak.what)", "before that: \(records)"]
    }
    return isGood
      ? ["whole: \(records)"] : ["unsigned: \(records); there is no checkpoint that would vouch for any of it"]
  }
}
