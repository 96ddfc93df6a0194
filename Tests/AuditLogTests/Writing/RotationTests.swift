import Clocks
import GatewayCore
import Testing

@testable import AuditLog

/// `AuditFileWriter.reopen`: someone else has moved the log, as logrotate does.
@Suite("Rotation")
struct RotationTests {
  private let files = FakeLogFileSystem()
  private let writer: AuditFileWriter
  private let rotated = Samples.path + ".1"

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

  @Test("The same file is still there: nothing is called, nothing is written")
  func sameFile() throws {
    let before = files.calls
    #expect(try !writer.reopen())
    #expect(files.calls == before)
  }

  @Test(
    "The new file goes on with the chain and names the one before; the old one ends in closed",
    arguments: [true, false])
  func goesOn(creating: Bool) throws {
    files.rotate(Samples.path, to: rotated, creating: creating)
    #expect(try writer.reopen())
    try writer.append([Samples.outcome(1)])
    #expect(lines(rotated).count == 3)
    #expect(lines(rotated).last?.contains("\"seq\":3,\"stage\":\"closed\"") == true)
    #expect(lines().first?.contains("\"seq\":4,\"stage\":\"opened\"") == true)
    #expect(lines().first?.contains("\"previousFile\":\"audit.jsonl.1\"") == true)
    #expect(lines().count == 2)
    try verify()
  }

  @Test("A file that is made gets the log's name when the old one has its last record on disk, and no earlier")
  func nameComesLast() throws {
    files.rotate(Samples.path, to: rotated)
    let before = files.calls.count
    _ = try writer.reopen()
    #expect(
      files.operations[before...] == [
        .open, .size, .syncDirectory,  // the new file, by another name
        .append, .sync,  // closed
        .rename, .syncDirectory,
        .append, .sync,  // opened
      ])
    #expect(files.names == [Samples.path, rotated])
  }

  @Test(
    "The new file can't be given its name, or the name's place isn't sure: it goes on in one made anew",
    arguments: [FakeLogFileSystem.Operation.rename, .syncDirectory], FakeLogFileSystem.Effect.allCases)
  func nameFails(operation: FakeLogFileSystem.Operation, effect: FakeLogFileSystem.Effect) throws {
    files.rotate(Samples.path, to: rotated)
    files.failCall(files.calls.count + (operation == .rename ? 5 : 6), effect)
    #expect(try writer.reopen())
    #expect(files.operations.suffix(12).contains(operation))
    try writer.append([Samples.outcome(1)])
    #expect(files.names == [Samples.path, rotated])
    #expect(lines(rotated).last?.contains("\"stage\":\"closed\"") == true)
    #expect(lines().first?.contains("\"previousFile\":\"audit.jsonl.1\"") == true)
    #expect(files.disk.text.contains(Samples.mark(of: Samples.outcome(1))))
    try verify()
  }

  @Test("Someone else makes a file while the old one is closed: it goes on in that one")
  func madeMeanwhile() throws {
    let (path, fresh) = (Samples.path, LogFamily.freshPath(of: Samples.path))
    let files = FakeLogFileSystem()
    // Each record has its time read for it, the `closed` one too.
    let clock = WallClock {
      if files.content(of: fresh) != nil, files.content(of: path) == nil { files.put([], at: path) }
      return Samples.time
    }
    let writer = try AuditFileWriter(path: path, files: files, clock: clock, bounds: Samples.bounds)
    files.rotate(path, to: rotated)
    #expect(try writer.reopen())
    #expect(files.names == [path, rotated])
    #expect(files.content(of: path)?.lines.count == 1)
    #expect(files.breakInChain == nil)
  }

  @Test("What a process left that died before it gave the new file its name is gone after the next start")
  func diesBeforeName() throws {
    files.rotate(Samples.path, to: rotated)
    files.die(inCall: files.calls.count + 5, .nothing)
    #expect(throws: AuditUnavailable.self) { try writer.reopen() }
    #expect(files.names == [rotated, LogFamily.freshPath(of: Samples.path)])
    files.restart()
    _ = try AuditFileWriter(path: Samples.path, files: files, clock: Samples.clock, bounds: Samples.bounds)
    #expect(files.names == [Samples.path, rotated])
    #expect(lines().first?.contains("\"previousFile\":\"audit.jsonl.1\"") == true)
    #expect(files.breakInChain == nil)
  }

  @Test("A left file by the new one's name is taken if it is empty; if not, it stays as it is, and the old one goes on")
  func leftFile() throws {
    let fresh = LogFamily.freshPath(of: Samples.path)
    files.put(Array("whose?".utf8), at: fresh)
    files.rotate(Samples.path, to: rotated)
    #expect(throws: AuditUnavailable("the new file isn't empty (audit.jsonl.fresh)")) { try writer.reopen() }
    #expect(files.content(of: fresh)?.text == "whose?")
    try writer.append([Samples.outcome(1)])
    files.change(fresh) { $0 = [] }
    #expect(try writer.reopen())
    #expect(files.names == [Samples.path, rotated])
    try verify()
  }

  @Test("Records that come between the rotation and the reopening go to the old file")
  func inBetween() throws {
    files.rotate(Samples.path, to: rotated)
    try writer.append([Samples.outcome(1)])
    #expect(lines(rotated).count == 3)
    #expect(files.content(of: Samples.path) == nil)
    _ = try writer.reopen()
    try verify()
  }

  @Test("The old file is let go of")
  func unlocksOld() throws {
    files.rotate(Samples.path, to: rotated)
    _ = try writer.reopen()
    #expect(throws: Never.self) { try files.open(rotated) }
  }

  @Test("A new file that holds something isn't taken: its chain would be another one. The old file goes on")
  func newFileNotEmpty() throws {
    files.rotate(Samples.path, to: rotated)
    files.put(Samples.log([Samples.denied(9)]).flatMap { $0 }, at: Samples.path)
    #expect(throws: AuditUnavailable("the new file isn't empty (audit.jsonl)")) { try writer.reopen() }
    #expect(writer.isWritable)
    try writer.append([Samples.outcome(1)])
    #expect(lines(rotated).last?.contains(Samples.mark(of: Samples.outcome(1))) == true)
    #expect(lines().count == 1)
  }

  @Test("No new file can be opened: the old one goes on, and the next try takes the new one")
  func openFails() throws {
    files.rotate(Samples.path, to: rotated)
    files.failNext(.open)
    #expect(throws: AuditUnavailable("open: Input/output error")) { try writer.reopen() }
    try writer.append([Samples.outcome(1)])
    #expect(try writer.reopen())
    #expect(lines().first?.contains("\"previousFile\":\"audit.jsonl.1\"") == true)
    try verify()
  }

  @Test("The file was deleted and no new one can be opened: nothing more counts as written, until there is one")
  func deletedAndOpenFails() throws {
    try files.remove(Samples.path)
    files.failNext(.open)
    #expect(throws: AuditUnavailable("open: Input/output error")) { try writer.reopen() }
    #expect(!writer.isWritable)
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.intent(2)]) }
    #expect(throws: AuditUnavailable.self) { try writer.append([Samples.outcome(1)]) }
    try writer.recover()
    // opened and the first intent are gone; the outcome was kept.
    #expect(lines().first?.contains("\"seq\":3,\"stage\":\"opened\"") == true)
    #expect(lines().last?.contains(Samples.mark(of: Samples.outcome(1))) == true)
    #expect(lines().count == 2)
  }

  @Test("The old file can't be closed properly: it is done with, and the new one comes by recovery")
  func closedRecordFails() throws {
    files.rotate(Samples.path, to: rotated)
    files.failNext(.sync)
    #expect(throws: AuditUnavailable.self) { try writer.reopen() }
    #expect(!writer.isWritable)
    try writer.recover()
    #expect(lines().first?.contains("\"previousFile\":\"audit.jsonl.1\"") == true)
    #expect(files.names == [Samples.path, rotated])
    try verify()
  }

  @Test("The folder can't be synced: nothing that is written to the new file counts until it is")
  func folderSyncFails() throws {
    files.rotate(Samples.path, to: rotated)
    files.failNext(.syncDirectory)
    #expect(throws: AuditUnavailable.self) { try writer.reopen() }
    if !writer.isWritable { try writer.recover() }
    try writer.append([Samples.outcome(1)])
    #expect(files.disk.text.contains(Samples.mark(of: Samples.outcome(1))))
    try verify()
  }
}
