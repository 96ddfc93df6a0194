import GatewayCore
import Testing

@testable import AuditLog

/// The start of the gateway on what an earlier one left behind.
@Suite("LogOpening")
struct LogOpeningTests {
  private let files = FakeLogFileSystem()
  private let rotated = Samples.path + ".1"

  private func start() throws -> AuditFileWriter {
    try AuditFileWriter(path: Samples.path, files: files, clock: Samples.clock, bounds: Samples.bounds)
  }

  private func put(_ lines: [[UInt8]], at path: String = Samples.path) {
    files.put(lines.flatMap { $0 }, at: path)
  }

  private func lines(_ path: String = Samples.path) -> [String] {
    files.content(of: path)?.lines.map(\.text) ?? []
  }

  private func breakInChain() -> String? {
    files.breakInChain
  }

  private func reason() -> String {
    do throws(AuditUnavailable) {
      _ = try AuditFileWriter(path: Samples.path, files: files, clock: Samples.clock, bounds: Samples.bounds)
      return "it starts"
    } catch {
      return error.reason
    }
  }

  @Suite("A torn end")
  struct TornEnds {
    private let outer = LogOpeningTests()
    private let log = Samples.log([Samples.opened(), Samples.intent(1), Samples.outcome(1)])
    private let kept = Samples.path + ".torn-20261122T160000Z-2"

    @Test("It is cut off and kept beside the log, and the chain goes on", arguments: [1, 100, -1])
    func setAside(byteCount: Int) throws {
      let torn = byteCount < 0 ? Array(log[2].dropLast()) : Array(log[2].prefix(byteCount))
      outer.put([log[0], log[1], torn])
      let writer = try outer.start()
      #expect(outer.files.content(of: kept) == torn)
      #expect(
        writer.openingReport.tornEnds == [.init(file: Samples.path, keptAs: kept, byteCount: Int64(torn.count))])
      #expect(outer.lines().prefix(2) == [log[0].text, log[1].text])
      #expect(outer.lines()[2].contains("\"seq\":3,\"stage\":\"opened\""))
      #expect(outer.breakInChain() == nil)
    }

    @Test("The copy is on disk, and its name, before the log is cut")
    func order() throws {
      outer.put([log[0], log[1], Array(log[2].dropLast())])
      _ = try outer.start()
      let operations = outer.files.operations
      let cut = try #require(operations.firstIndex(of: .truncate))
      #expect(operations[..<cut].suffix(3) == [.append, .sync, .syncDirectory])
    }

    @Test(
      "If it can't be kept, it isn't cut off, the gateway doesn't start, and the next start can",
      arguments: [FakeLogFileSystem.Operation.append, .sync, .syncDirectory, .truncate])
    func cantBeKept(operation: FakeLogFileSystem.Operation) throws {
      let bytes = log[0] + log[1] + log[2].dropLast()
      outer.files.put(bytes, at: Samples.path)
      outer.files.failNext(operation)
      #expect(throws: AuditUnavailable("\(operation.rawValue): Input/output error")) { try outer.start() }
      #expect(outer.files.content(of: Samples.path) == bytes)
      _ = try outer.start()
      #expect(outer.files.content(of: kept) == Array(log[2].dropLast()))
      #expect(outer.breakInChain() == nil)
    }

    @Test("A log that is one torn line begins anew")
    func nothingElse() throws {
      outer.put([Array(log[0].dropLast())])
      _ = try outer.start()
      #expect(outer.lines().count == 1)
      #expect(outer.lines()[0].contains("\"seq\":1,\"stage\":\"opened\""))
      #expect(outer.files.content(of: Samples.path + ".torn-20261122T160000Z-0") == Array(log[0].dropLast()))
    }

    @Test("A torn new file goes on with the chain of the file before", arguments: [true, false])
    func newFile(isBlank: Bool) throws {
      outer.put([log[0], log[1]], at: outer.rotated)
      outer.put([isBlank ? [UInt8](repeating: 0, count: 186) : Array(log[2].dropLast())])
      _ = try outer.start()
      #expect(outer.lines()[0].contains("\"seq\":3,\"stage\":\"opened\""))
      #expect(outer.lines()[0].contains("\"previousFile\":\"audit.jsonl.1\",\"openIntents\":1"))
      #expect(outer.breakInChain() == nil)
    }

    @Test("A file before that is torn is cut as well: the chain goes on from its last whole line")
    func fileBefore() throws {
      outer.put([log[0], log[1], Array(log[2].dropLast())], at: outer.rotated)
      let writer = try outer.start()
      #expect(writer.openingReport.tornEnds.map(\.keptAs) == ["\(outer.rotated).torn-20261122T160000Z-2"])
      #expect(outer.lines(outer.rotated) == [log[0].text, log[1].text])
      #expect(outer.breakInChain() == nil)
    }
  }

  @Suite("Intents that were left open")
  struct Intents {
    private let outer = LogOpeningTests()

    private func recovered() -> [String] {
      outer.lines().filter { $0.contains("\"stage\":\"recovered\"") }
    }

    @Test("Each is closed as unknown by a record of its own, right after opened and in the same write")
    func closed() throws {
      outer.put(
        Samples.log([Samples.opened(), Samples.intent(1), Samples.intent(2), Samples.outcome(1), Samples.intent(3)]))
      let writer = try outer.start()
      #expect(writer.openingReport.recoveredCount == 2)
      #expect(outer.files.operations.filter { $0 == .append }.count == 1)
      let lines = outer.lines().dropFirst(5)
      #expect(lines.count == 3)
      #expect(lines.first?.contains("\"stage\":\"opened\"") == true)
      for (line, number) in zip(lines.dropFirst(), [2, 3]) {
        #expect(line.contains("\"stage\":\"recovered\",\"requestId\":\"request-\(number)\""))
        #expect(line.contains("\"connectionId\":\"connection-\(number)\""))
        #expect(line.contains("\"outcome\":\"unknown\""))
      }
      #expect(lines.dropFirst().first?.contains("\"recovers\":3") == true)
      #expect(outer.breakInChain() == nil)
    }

    @Test("The record says who called, from where, and what for")
    func whole() throws {
      var intent = Samples.intent(1)
      intent.action = .rejectDryRun
      intent.userAgent = "curl/8.1 \"\u{1F600}\""
      outer.put(Samples.log([Samples.opened(), intent]))
      _ = try outer.start()
      let line = try #require(recovered().first)
      #expect(
        line.contains(
          "\"stage\":\"recovered\",\"requestId\":\"request-1\",\"action\":\"connections.reject.dry_run\","
            + "\"connectionId\":\"connection-1\",\"caller\":{\"token\":\"9f2c61d0a4b7\",\"name\":\"runbook-eu\"},"
            + "\"client\":{\"address\":\"10.1.2.3\",\"peer\":\"127.0.0.1\",\"userAgent\":\"curl/8.1 \\\"\u{1F600}\\\"\"},"
            + "\"outcome\":\"unknown\",\"recovers\":2,"))
    }

    @Test("What was closed once isn't closed again")
    func once() throws {
      outer.put(Samples.log([Samples.opened(), Samples.intent(1)]))
      _ = try outer.start()
      outer.files.restart()
      _ = try outer.start()
      #expect(recovered().count == 1)
    }

    @Test("An intent in the file before, open when that was left, is found there")
    func fileBefore() throws {
      let writer = try outer.start()
      try writer.append([Samples.intent(1), Samples.intent(2), Samples.intent(3)])
      outer.files.rotate(Samples.path, to: outer.rotated)
      _ = try writer.reopen()
      try writer.append([Samples.outcome(2)])
      outer.files.restart()
      let next = try outer.start()
      #expect(next.openingReport.recoveredCount == 2)
      #expect(next.openingReport.lostIntents == nil)
      #expect(recovered().map { $0.contains("\"recovers\":2") } == [true, false])
      #expect(outer.breakInChain() == nil)
    }

    @Test("It is found several files before, and under another name than that file had then")
    func severalFilesBefore() throws {
      let writer = try outer.start()
      try writer.append([Samples.intent(1)])
      for number in 1...3 {
        for older in (1..<number).reversed() {
          outer.files.rotate("\(Samples.path).\(older)", to: "\(Samples.path).\(older + 1)")
        }
        outer.files.rotate(Samples.path, to: outer.rotated)
        _ = try writer.reopen()
        try writer.append([Samples.denied(number)])
      }
      outer.files.restart()
      #expect(try outer.start().openingReport.recoveredCount == 1)
      outer.files.restart()
      #expect(try outer.start().openingReport.recoveredCount == 0)
      #expect(outer.breakInChain() == nil)
    }

    @Test("No file is read that no intent can be open in")
    func noFurther() throws {
      let writer = try outer.start()
      try writer.append([Samples.intent(1)])
      outer.files.rotate(Samples.path, to: outer.rotated)
      _ = try writer.reopen()
      try writer.append([Samples.outcome(1)])
      outer.files.restart()
      let before = outer.files.calls.count
      _ = try outer.start()
      #expect(outer.files.operations[before...].filter { $0 == .open }.count == 1)
    }

    @Test("If the file before is gone, that is said, and the gateway starts")
    func fileBeforeGone() throws {
      let writer = try outer.start()
      try writer.append([Samples.intent(1)])
      outer.files.rotate(Samples.path, to: "/elsewhere/audit.jsonl.1")
      _ = try writer.reopen()
      outer.files.restart()
      let report = try outer.start().openingReport
      #expect(report.recoveredCount == 0)
      #expect(report.lostIntents == .init(count: 1, reason: "audit.jsonl.1 isn't beside the log any more"))
    }

    @Test("After a failure, those whose outcome was never written are open in the failed file")
    func failedFile() throws {
      let writer = try outer.start()
      try writer.append([Samples.intent(1), Samples.intent(2)])
      outer.files.failNext(.sync)
      #expect(throws: AuditUnavailable.self) { try writer.append([Samples.outcome(1)]) }
      try writer.recover()
      outer.files.restart()
      #expect(try outer.start().openingReport.recoveredCount == 1)
      #expect(recovered().first?.contains("request-2") == true)
      #expect(outer.breakInChain() == nil)
    }
  }

  @Suite("A new file")
  struct NewFile {
    private let outer = LogOpeningTests()
    private let log = Samples.log([Samples.opened(), Samples.denied(1), Samples.denied(2), Samples.denied(3)])

    @Test("It goes on with the chain of the newest of the log's other files, and names it", arguments: [true, false])
    func goesOn(exists: Bool) throws {
      outer.put(log, at: Samples.path + ".2")
      outer.put(
        Samples.log(
          [Samples.opened(previousFile: "audit.jsonl"), Samples.denied(4)],
          after: try ChainHead(tail: log[3])), at: outer.rotated)
      if exists { outer.put([]) }
      let writer = try outer.start()
      #expect(writer.openingReport.continuedFile == "audit.jsonl.1")
      #expect(outer.lines()[0].contains("\"seq\":7,\"stage\":\"opened\""))
      #expect(outer.lines()[0].contains("\"previousFile\":\"audit.jsonl.1\""))
      #expect(!outer.lines()[0].contains("openIntents"))
      #expect(outer.breakInChain() == nil)
    }

    @Test("Files that aren't audit logs are nothing to go on from")
    func foreign() throws {
      outer.files.put(Array("hello\n".utf8), at: outer.rotated)
      outer.files.put([], at: Samples.path + ".2")
      let writer = try outer.start()
      #expect(writer.openingReport.continuedFile == nil)
      #expect(outer.lines()[0].contains("\"seq\":1,"))
    }

    @Test("A file that another gateway writes to is nothing to go on from")
    func inUse() throws {
      outer.put(log, at: outer.rotated)
      let other = try outer.files.openExisting(outer.rotated)
      #expect(try outer.start().openingReport.continuedFile == nil)
      other.close()
    }

    @Test(
      "If the other files can't be looked at, the gateway doesn't start: it would begin a second chain",
      arguments: [FakeLogFileSystem.Operation.names, .read])
    func cantLook(operation: FakeLogFileSystem.Operation) throws {
      outer.put(log, at: outer.rotated)
      outer.files.failNext(operation)
      #expect(throws: AuditUnavailable.self) { try outer.start() }
      #expect(try outer.start().openingReport.continuedFile == "audit.jsonl.1")
    }
  }

  @Suite("A log that doesn't verify")
  struct Broken {
    private let outer = LogOpeningTests()
    private let log = Samples.log([Samples.opened(), Samples.intent(1), Samples.denied(2), Samples.denied(3)])

    @Test("The gateway doesn't start on it, leaves it as it is, and says how to go on")
    func refused() throws {
      outer.put([log[0], log[1], log[3]])
      let before = outer.files.content(of: Samples.path)
      #expect(
        outer.reason()
          == "line 3: its 'prev' isn't the SHA-256 of the line before: one of the two was changed, or lines are missing. "
          + "Leave the file as it is and name a new one beside it, such as --audit-log /log/audit.2.jsonl: that one goes "
          + "on from the last record here")
      #expect(outer.files.content(of: Samples.path) == before)
      #expect(outer.files.names == [Samples.path])
    }

    @Test("A new file beside it goes on from its last record, closes its intents, and the report has the break")
    func goesOn() throws {
      outer.put([log[0], log[1], log[3]])
      let path = "/log/audit.2.jsonl"
      let writer = try AuditFileWriter(path: path, files: outer.files, clock: Samples.clock, bounds: Samples.bounds)
      #expect(writer.openingReport.brokenFile?.file == Samples.path)
      #expect(writer.openingReport.brokenFile?.line == 3)
      #expect(writer.openingReport.recoveredCount == 1)
      let lines = outer.lines(path)
      #expect(lines[0].contains("\"seq\":5,\"stage\":\"opened\""))
      #expect(lines[0].contains("\"previousFile\":\"audit.jsonl\""))
      #expect(lines[0].hasSuffix("\"prev\":\"\(try ChainHead(tail: log[3]).hash)\"}\n"))
      #expect(lines[1].contains("\"recovers\":2"))
    }

    @Test("A file that isn't an audit log is refused, and not written to")
    func foreignFile() {
      outer.files.put(Array("127.0.0.1 - - GET /\n".utf8), at: Samples.path)
      #expect(
        outer.reason()
          == "line 1: it isn't an audit record. Leave the file as it is and name a new one beside it, such as --audit-log "
          + "/log/audit.2.jsonl")
      #expect(outer.files.content(of: Samples.path) == Array("127.0.0.1 - - GET /\n".utf8))
    }
  }
}
