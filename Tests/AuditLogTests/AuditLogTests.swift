import Clocks
import GatewayCore
import Logging
import Synchronization
import TestSupport
import Testing

@testable import AuditLog

@Suite("AuditLog", .timeLimit(.minutes(2)))
struct AuditLogTests {
  private static func makeLog(_ files: any LogFileSystem, path: String = Samples.path) throws -> AuditLog {
    try AuditLog(
      path: path, files: files, clock: .system, bounds: Samples.bounds,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Whether the record was acknowledged, or why it wasn't.
  private static func append(_ record: AuditRecord, to log: AuditLog) async -> AuditUnavailable? {
    do {
      try await log.append(record)
      return nil
    } catch {
      return error
    }
  }

  private static func breakInChain(_ lines: [[UInt8]]) -> String? {
    var verifier = ChainVerifier()
    do {
      for line in lines { try verifier.take(line) }
      return nil
    } catch {
      return error.what
    }
  }

  @Test("A record is on disk when append returns")
  func durable() async throws {
    let files = FakeLogFileSystem()
    let log = try Self.makeLog(files)
    defer { log.close() }
    for number in 1...5 {
      try await log.append(Samples.intent(number))
      #expect(files.disk.text.contains(Samples.mark(of: Samples.intent(number))))
    }
    #expect(log.recordCount == 5)
  }

  @Test("Records that many callers append at a time are all acknowledged, each in the file once, the chain whole")
  func concurrent() async throws {
    let folder = try TemporaryFolder()
    let log = try Self.makeLog(PosixFileSystem(), path: folder.file("audit.jsonl"))
    let failures = await withTaskGroup(of: AuditUnavailable?.self) { group in
      for number in 0..<400 { group.addTask { await Self.append(Samples.intent(number), to: log) } }
      return await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
    }
    log.close()
    #expect(failures == [])
    #expect(log.recordCount == 400)
    let lines = try folder.read("audit.jsonl").lines
    #expect(lines.count == 402)
    #expect(Self.breakInChain(lines) == nil)
    let texts = lines.map(\.text)
    for number in 0..<400 {
      let mark = Samples.mark(of: Samples.intent(number))
      #expect(texts.filter { $0.contains(mark) }.count == 1)
    }
  }

  @Test("A log that can't be opened is told when it is made")
  func cannotOpen() {
    let files = FakeLogFileSystem()
    files.failNext(.open)
    #expect(throws: AuditUnavailable("open: Input/output error")) { try Self.makeLog(files) }
  }

  @Test("Close writes the closed record as the last line, and lets go of the file")
  func close() async throws {
    let files = FakeLogFileSystem()
    let log = try Self.makeLog(files)
    try await log.append(Samples.intent(1))
    log.close()
    let lines = try #require(files.content(of: Samples.path)?.lines.map(\.text))
    #expect(lines.count == 3)
    #expect(lines.last?.contains("\"stage\":\"closed\"") == true)
    #expect(throws: Never.self) { try files.open(Samples.path).close() }
  }

  @Test("A record that comes after close is refused, and its caller doesn't wait for ever")
  func appendAfterClose() async throws {
    let log = try Self.makeLog(FakeLogFileSystem())
    log.close()
    let result = Mutex<AuditUnavailable??>(nil)
    let caller = Task {
      let error = await Self.append(Samples.intent(1), to: log)
      result.withLock { $0 = .some(error) }
    }
    let isAnswered = await eventually(within: .seconds(5)) { result.withLock { $0 != nil } }
    #expect(isAnswered)
    if isAnswered {
      await caller.value
      #expect(result.withLock { $0 } != .some(nil))
    }
  }

  @Test("Reopen goes on in the file that the path leads to now")
  func reopen() async throws {
    let files = FakeLogFileSystem()
    let log = try Self.makeLog(files)
    try await log.append(Samples.intent(1))
    files.rotate(Samples.path, to: Samples.path + ".1")
    log.reopen()
    #expect(await eventually { files.names.count == 2 })
    try await log.append(Samples.outcome(1))
    log.close()
    #expect(files.content(of: Samples.path)?.lines.count == 3)
    #expect(Self.breakInChain(files.contents.flatMap(\.lines)) == nil)
  }
}
