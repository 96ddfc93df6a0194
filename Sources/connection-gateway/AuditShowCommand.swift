import ArgumentParser
import AuditLog
import Clocks
import GatewayCore
import Glibc

/// `audit show`: the log, for people.
struct AuditShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show who asked for what, and what became of it.",
    discussion: """
      Give the files oldest first. A row is a call: its intent and its outcome, joined. 'open' is one without an outcome so \
      far, 'unknown (the process died)' one that a start found left, 'looked up' a look-up that went well (its outcome is \
      'not_rejected'). Refused calls ('denied') have a row each, or one that counts them. Times are UTC, and a row's is that \
      of its first record. A call gets its row when it ends; those without an outcome come last.

      The table fits the terminal (or COLUMNS): two lines for a row, from 160 columns on one, and '…' where something was \
      cut. Colours are for a terminal alone, and not with NO_COLOR. Elsewhere nothing is cut, and columns are divided by two \
      spaces or more. What could do something to a terminal is shown as \\u001b or the like.

      With --json each row is an object on a line of its own, with the log's own names, absent ones left out: time, seq, \
      state (answered, open, recovered, denied, suppressed), requestId, action, connectionId, path, caller {token, name}, \
      client {address, peer, userAgent}, reason, httpStatus, code, outcome, aws {code, requestId, httpStatus, attempts}, \
      sharedWith, accessKeyId, durationMs, count, since, and lastTime and lastSeq of the record that closed the call. Where \
      lastSeq is seq, the intent is older than --since or in a file that wasn't given, and its reason with it.

      Nothing is verified: that is 'audit verify'. Lines that aren't records are named on standard error and passed by, and \
      so is a last line without its end, as after a power cut or while the gateway writes; it counts as no error. Files that \
      don't follow one another are told as well.

      A compressed file: zcat FILE | connection-gateway audit show /dev/stdin

      Exit codes: 0 shown; 1 shown, but for lines that aren't records; 2 a file can't be read, or the rows can't be printed; 64 wrong usage. With --follow, \
      SIGINT or SIGTERM ends it with 0 or 1.
      """)

  @Option(
    help: ArgumentHelp(
      "Only what was written since then: 30m, 24h or 7d ago, or a time such as 2026-11-22T16:00:00Z.",
      valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Only the calls of this token, by its id ('token list' shows it).", valueName: "id"))
  var token: String?

  @Option(help: ArgumentHelp("Only calls about this connection.", valueName: "id"))
  var connection: String?

  @Option(
    help: ArgumentHelp(
      "Only these: \(RowFilter.outcomes.joined(separator: ", ")) ('not_sent' has the denied ones, too).",
      valueName: "outcome"))
  var outcome: String?

  @Flag(help: "Wait for more, also across rotations, until SIGINT or SIGTERM.")
  var follow = false

  @Flag(help: "Print JSON.")
  var json = false

  @Argument(help: "The log's files, oldest first.")
  var files: [String]

  private func check() throws(ExitCode) {
    guard since == nil || sinceTime != nil else {
      throw Failure.usage("--since has to be 30m, 24h, 7d or the like, or a time such as 2026-11-22T16:00:00Z.")
    }
    // What was given isn't shown: it might be the token itself.
    guard
      token.map({
        $0.utf8.count == 12 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      }) ?? true
    else {
      throw Failure.usage("--token has to be a token's id, 12 hex digits; not the token.")
    }
    guard connection.map({ ConnectionID($0) != nil }) ?? true else {
      throw Failure.usage("--connection has to be a connection's id, 10 to 256 of a-z, 0-9 and -.")
    }
    guard outcome.map(RowFilter.outcomes.contains) ?? true else {
      throw Failure.usage("--outcome has to be one of \(RowFilter.outcomes.joined(separator: ", ")).")
    }
  }

  func run() throws {
    try check()
    // A reader that left is told by the write.
    signal(SIGPIPE, SIG_IGN)
    let interruption = follow ? Interruption() : nil
    var show = AuditShow(
      json ? .json : .table(width: Terminal.width, hasColours: Terminal.hasColours),
      filter: RowFilter(since: sinceTime, tokenID: token, connectionID: connection, outcome: outcome),
      write: { bytes throws(AuditShow.Failure) in try Terminal.write(bytes, until: interruption) },
      complain: { Failure.say("connection-gateway: \($0)") })
    do throws(AuditShow.Failure) {
      if let interruption {
        try show.follow(files) { interruption.hasCome(waiting: $0) }
      } else {
        try show.show(files)
      }
    } catch {
      switch error {
      case .readerLeft: return
      case .unreadable(let file, let reason): Failure.say("connection-gateway: \(file) can't be read: \(reason)")
      case .unwritable(let reason): Failure.say("connection-gateway: standard output: \(reason)")
      }
      throw ExitCode(2)
    }
    if show.badLines > 0 { throw ExitCode(1) }
  }

  private var sinceTime: Timestamp? {
    guard let since else { return nil }
    guard let duration = DurationText.duration(since) else { return Timestamp(rfc3339: since) }
    let now = WallClock.system.now()
    // Before 1970 there was nothing to audit.
    return now.advanced(by: .zero - min(duration, .seconds(now.seconds)))
  }
}
