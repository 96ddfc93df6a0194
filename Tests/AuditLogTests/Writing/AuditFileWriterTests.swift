import Clocks
import Digest
import GatewayCore
import Testing

@testable import AuditLog

@Suite("AuditFileWriter")
struct AuditFileWriterTests {
  private let files = FakeLogFileSystem()

  private func makeWriter(_ clock: WallClock = Samples.clock) throws -> AuditFileWriter {
    try AuditFileWriter(path: Samples.path, files: files, clock: clock, bounds: Samples.bounds)
  }

  private func lines(_ path: String = Samples.path) -> [[UInt8]] {
    files.content(of: path)?.lines ?? []
  }

  /// What a check of all the files, oldest first, says.
  private func breakInChain() -> String? {
    var verifier = ChainVerifier()
    do {
      for line in files.contents.flatMap(\.lines) { try verifier.take(line) }
      return nil
    } catch {
      return error.what
    }
  }

  @Test("A new log begins with an opened record: number 1, 64 zeros, instance and version")
  func newLog() throws {
    _ = try makeWriter()
    let line = try #require(lines().first?.text)
    #expect(line.hasPrefix(#"{"time":"2026-11-22T16:00:00.123456Z","seq":1,"stage":"opened","#))
    #expect(line.contains(#""instance":"a1b2c3d4e5f60718","version":"0.1.0""#))
    #expect(line.hasSuffix("\"prev\":\"" + String(repeating: "0", count: 64) + "\"}\n"))
    #expect(lines().count == 1)
  }

  @Test("Each line's prev is the SHA-256 of the line before, its LF included, and its seq is one more")
  func chain() throws {
    let writer = try makeWriter()
    try writer.append([Samples.intent(1), Samples.denied(2)])
    try writer.append([Samples.outcome(1)])
    let lines = lines()
    #expect(lines.count == 4)
    for (index, line) in lines.enumerated().dropFirst() {
      let hash = Hex.encode(SHA256.digest(lines[index - 1]))
      #expect(line.text.hasSuffix("\"prev\":\"\(hash)\"}\n"))
      #expect(line.text.contains("\"seq\":\(index + 1),"))
    }
  }

  @Test("A batch is one append and then one sync, whatever its size", arguments: [1, 2, 50])
  func batchCalls(count: Int) throws {
    let writer = try makeWriter()
    let before = files.calls.count
    try writer.append((0..<count).map(Samples.intent))
    #expect(Array(files.operations[before...]) == [.append, .sync])
  }

  @Test("The new file's name is on disk before its first record counts")
  func folderIsSynced() throws {
    _ = try makeWriter()
    let operations = files.operations
    let folder = try #require(operations.firstIndex(of: .syncDirectory))
    #expect(folder < (try #require(operations.lastIndex(of: .sync))))
  }

  @Test("The folder is synced at every start: whoever made the file may have died before that")
  func folderIsSyncedAgain() throws {
    // Another process made the file and got no further: its name isn't on disk yet.
    try #require(try? files.open(Samples.path)).close()
    let writer = try makeWriter()
    try writer.append([Samples.intent(1)])
    #expect(files.disk.text.contains(Samples.mark(of: Samples.intent(1))))
  }

  @Test("Opening a log again goes on with its chain")
  func continues() throws {
    let first = try makeWriter()
    try first.append([Samples.denied(1)])
    try first.close()
    let second = try makeWriter()
    try second.append([Samples.denied(2)])
    #expect(lines().count == 5)
    #expect(breakInChain() == nil)
    #expect(lines()[3].text.contains("\"seq\":4,\"stage\":\"opened\""))
  }

  @Test("Close writes a closed record with no file before it, and lets another writer in")
  func closes() throws {
    let writer = try makeWriter()
    #expect(throws: AuditUnavailable.self) { try makeWriter() }
    try writer.close()
    let last = try #require(lines().last?.text)
    #expect(last.contains("\"seq\":2,\"stage\":\"closed\""))
    #expect(!last.contains("previousFile"))
    #expect(throws: Never.self) { try makeWriter() }
  }

  @Test("After close, records are refused and nothing is called")
  func refusedAfterClose() throws {
    let writer = try makeWriter()
    try writer.close()
    let before = files.calls.count
    #expect(throws: AuditUnavailable("the audit log is closed")) { try writer.append([Samples.intent(1)]) }
    #expect(files.calls.count == before)
    #expect(!writer.isWritable)
  }

  @Test(
    "A start that fails lets go of the file, so that another writer can have it",
    arguments: [FakeLogFileSystem.Operation.size, .read, .append, .sync, .syncDirectory])
  func failedStartUnlocks(operation: FakeLogFileSystem.Operation) throws {
    files.put(Samples.log([Samples.opened()]).flatMap { $0 }, at: Samples.path)
    files.failNext(operation)
    #expect(throws: AuditUnavailable("\(operation.rawValue): Input/output error")) { try makeWriter() }
    #expect(throws: Never.self) { try makeWriter() }
  }

  @Test("The outcomes that are kept have a limit")
  func keptLimit() throws {
    let writer = try makeWriter()
    files.failNext(.sync)
    #expect(throws: AuditUnavailable.self) { try writer.append((0..<9_990).map(Samples.outcome)) }
    #expect(throws: AuditUnavailable.self) { try writer.append((0..<20).map(Samples.outcome)) }
    #expect(writer.keptCount == 10_000)
  }
}
