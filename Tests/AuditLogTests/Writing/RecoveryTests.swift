import GatewayCore
import Testing

@testable import AuditLog

/// `AuditFileWriter.recover`: a write or a sync failed, and a fresh file takes over.
@Suite("Recovery")
struct RecoveryTests {
  private let files = FakeLogFileSystem()
  private let writer: AuditFileWriter
  private let aside = Samples.path + ".failed-20261122T160000Z-2"

  init() throws {
    writer = try AuditFileWriter(path: Samples.path, files: files, clock: Samples.clock, bounds: Samples.bounds)
    try writer.append([Samples.intent(1)])
  }

  private func lines(_ path: String = Samples.path) -> [String] {
    files.content(of: path)?.lines.map(\.text) ?? []
  }

  private func verify() throws {
    var verifier = ChainVerifier()
    for line in files.contents.flatMap(\.lines) { try verifier.take(line) }
  }

  @Test("As long as the file is good, there is nothing to recover from")
  func nothingToDo() throws {
    let before = files.calls
    try writer.recover()
    #expect(files.calls == before)
  }

  @Test("While the file is failed, records are refused with its reason, and nothing is called")
  func refusedWhileFailed() throws {
    files.failNext(.sync)
    #expect(throws: AuditUnavailable("sync: Input/output error")) { try writer.append([Samples.intent(2)]) }
    let before = files.calls
    #expect(throws: AuditUnavailable("sync: Input/output error")) { try writer.append([Samples.intent(3)]) }
    #expect(files.calls == before)
    #expect(!writer.isWritable)
  }

  @Test("What can't be vouched for is cut off the failed file", arguments: [FakeLogFileSystem.Operation.append, .sync])
  func cutsBack(operation: FakeLogFileSystem.Operation) throws {
    let good = files.content(of: Samples.path)
    files.failNext(operation)
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.intent(2)]) }
    #expect(files.content(of: Samples.path) == good)
  }

  @Test("The failed file gets another name, and the fresh one goes on with the chain and names it")
  func freshFile() throws {
    files.failNext(.sync)
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.intent(2)]) }
    try writer.recover()
    try writer.append([Samples.intent(3)])
    #expect(files.names == [Samples.path, aside])
    #expect(lines(aside).count == 2)
    #expect(lines().first?.contains("\"seq\":3,\"stage\":\"opened\"") == true)
    #expect(lines().first?.contains("\"previousFile\":\"audit.jsonl.failed-20261122T160000Z-2\"") == true)
    try verify()
  }

  @Test("Outcomes that found no place come right after opened, in order; intents and refusals don't come back")
  func keptOutcomes() throws {
    files.failNext(.append)
    #expect(throws: AuditUnavailable.self) {
      try writer.append([Samples.intent(2), Samples.outcome(1), Samples.denied(3), Samples.outcome(4)])
    }
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.outcome(5)]) }
    #expect(writer.keptCount == 3)
    try writer.recover()
    #expect(writer.keptCount == 0)
    try writer.append([Samples.intent(6)])
    let expected = [1, 4, 5].map { Samples.mark(of: Samples.outcome($0)) } + [Samples.mark(of: Samples.intent(6))]
    #expect(lines().count == 5)
    for (line, mark) in zip(lines().dropFirst(), expected) { #expect(line.contains(mark)) }
    try verify()
  }

  @Test(
    "A fresh file that fails as well leaves nothing behind, and the next try has the kept outcomes still",
    arguments: [FakeLogFileSystem.Operation.open, .size, .append, .sync, .syncDirectory])
  func recoveryFails(operation: FakeLogFileSystem.Operation) throws {
    files.failNext(.sync)
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.outcome(1)]) }
    files.failNext(operation)
    #expect(throws: AuditUnavailable.self) { try writer.recover() }
    #expect(!writer.isWritable)
    #expect(writer.keptCount == 1)
    try writer.recover()
    #expect(files.names == [Samples.path, aside])
    #expect(lines().filter { $0.contains(Samples.mark(of: Samples.outcome(1))) }.count == 1)
    #expect(lines().first?.contains("\"seq\":3,\"stage\":\"opened\"") == true)
    #expect(files.violations.isEmpty)
    try verify()
  }

  @Test("The failed file can't be renamed: no record is taken until it can")
  func renameFails() throws {
    files.failNext(.sync)
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.intent(2)]) }
    files.failNext(.rename)
    #expect(throws: AuditUnavailable("rename: Input/output error")) { try writer.recover() }
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.intent(3)]) }
    #expect(files.names == [Samples.path])
    try writer.recover()
    try writer.append([Samples.intent(4)])
    #expect(files.names == [Samples.path, aside])
    try verify()
  }

  @Test("A failed file that was rotated away already keeps its name")
  func alreadyRotated() throws {
    files.rotate(Samples.path, to: Samples.path + ".1")
    files.failNext(.sync)
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.intent(2)]) }
    try writer.recover()
    #expect(files.names == [Samples.path, Samples.path + ".1"])
    #expect(lines().first?.contains("\"previousFile\":\"audit.jsonl.1\"") == true)
    try verify()
  }

  @Test("A file whose sync failed is never written to again, even an empty one that someone else made")
  func emptyFileWhoseSyncFailed() throws {
    files.rotate(Samples.path, to: Samples.path + ".1", creating: true)
    files.failNext(.sync, times: 2)
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.outcome(1)]) }
    #expect(throws: AuditUnavailable.self) { try writer.recover() }
    try writer.recover()
    #expect(files.violations == [])
    #expect(files.disk.text.contains(Samples.mark(of: Samples.outcome(1))))
  }
}
