import ArgumentParser
import AuditLog
import GatewayCore

/// `audit verify`: checks the chain.
struct AuditVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that no record was changed, removed, added or moved.",
    discussion: """
      Give the files oldest first. Exit codes: 0 whole, 1 broken (file, line and what), 2 a file can't be read.
      A last line without its end is torn, as after a power cut or while the gateway writes: the records before it are
      checked, and the log counts as whole. That records were cut off at the end, no chain can show: compare the head
      with a copy of it from elsewhere.
      """)

  @Argument(help: "The log's files, oldest first.")
  var files: [String]

  func run() throws {
    let report: ChainReport
    do throws(AuditVerification.Unreadable) {
      report = try AuditVerification.verify(files)
    } catch {
      Failure.say("connection-gateway: \(error.file) can't be read: \(error.reason)")
      throw ExitCode(2)
    }
    for intent in report.intentsWithoutOutcome {
      print(
        "intent without outcome: seq \(intent.sequence), request \(intent.requestID), connection "
          + "\(intent.connectionID), \(intent.time)")
    }
    if let startsAfter = report.startsAfter {
      let name = String(decoding: JSON.string(report.startsAfterFile ?? "").bytes, as: UTF8.self)
      print("begins after seq \(startsAfter), in a file that was called \(name) then and wasn't given")
    }
    if let torn = report.tornLine {
      print("torn last line: \(torn.file), line \(torn.line), \(torn.byteCount) bytes without an end; not checked")
    }
    if report.firstBreak == nil, report.count > 0, !report.isClosed {
      print("not closed: the gateway writes to it still, or was killed, or its end was cut off")
    }
    let span = report.firstTime.map { ", \($0) to \(report.lastTime ?? "")" } ?? ""
    let head = report.headHash.map { ", head \($0)" } ?? ""
    if let firstBreak = report.firstBreak {
      print("broken: \(firstBreak.file), line \(firstBreak.line): \(firstBreak.what)")
      print("before that: \(report.count) records\(span)\(head)")
      throw ExitCode(1)
    }
    print("whole: \(report.count) records\(span)\(head)")
  }
}
