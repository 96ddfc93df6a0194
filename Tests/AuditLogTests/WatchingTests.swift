import Clocks
import GatewayCore
import Logging
import TestSupport
import Testing

@testable import AuditLog

/// What the log's thread looks at again and again: where its file is, and how much room there is.
@Suite("Watching", .timeLimit(.minutes(2)))
struct WatchingTests {
  private let files = FakeLogFileSystem()
  private let rotated = Samples.path + ".1"

  private func makeLog(reserve: Int64 = 0) throws -> AuditLog {
    try AuditLog(
      path: Samples.path, files: files, clock: .system, bounds: Samples.bounds, reserve: reserve,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func lines(_ path: String = Samples.path) -> [String] {
    files.content(of: path)?.lines.map(\.text) ?? []
  }

  @Test("A file that was moved is noticed, though nobody says so and nothing is written")
  func moved() async throws {
    let log = try makeLog()
    files.rotate(Samples.path, to: rotated)
    #expect(await eventually { lines().count == 1 })
    #expect(lines()[0].contains("\"previousFile\":\"audit.jsonl.1\""))
    log.close()
    #expect(files.breakInChain == nil)
  }

  @Test("A file that was deleted is noticed, and the chain goes on")
  func deleted() async throws {
    let log = try makeLog()
    try await log.append(Samples.denied(1))
    let before = try #require(files.content(of: Samples.path))
    try files.remove(Samples.path)
    #expect(await eventually { lines().count == 1 })
    // opened, denied, closed; the hash of the last one is gone with it, and that of the second one tells of it.
    #expect(lines()[0].contains("\"seq\":4,\"stage\":\"opened\""))
    #expect(before.lines.count == 2)
    log.close()
  }

  @Test("A file that was deleted, and no other can be made: the log isn't writable, until one can")
  func deletedForGood() async throws {
    let log = try makeLog()
    files.failNext(.open, times: .max)
    try files.remove(Samples.path)
    #expect(await eventually { !log.isWritable })
    #expect(log.condition.failure == "open: Input/output error")
    await #expect(throws: AuditUnavailable.self) { try await log.append(Samples.intent(1)) }
    files.failNext(.open, times: 0)
    #expect(await eventually { log.isWritable })
    try await log.append(Samples.denied(2))
    log.close()
    #expect(lines().count == 3)
  }

  @Test(
    "A file that someone else cut or wrote to is given up: the chain goes on in a fresh one", arguments: [true, false])
  func changed(isCut: Bool) async throws {
    let log = try makeLog()
    try await log.append(Samples.denied(1))
    files.change(Samples.path) { $0 = isCut ? [] : $0 + Array("x\n".utf8) }
    #expect(await eventually { files.names.count == 2 })
    #expect(await eventually { log.isWritable })
    try await log.append(Samples.denied(2))
    log.close()
    let fresh = lines()
    #expect(fresh[0].contains("\"seq\":3,\"stage\":\"opened\""))
    #expect(fresh[1].contains(Samples.mark(of: Samples.denied(2))))
    #expect(files.names.contains { $0.contains(".failed-") })
  }

  @Test("A new file that can't be used is tried again, and the old one takes the records meanwhile")
  func notEmpty() async throws {
    let log = try makeLog()
    files.rotate(Samples.path, to: rotated)
    files.put(Array("something else\n".utf8), at: Samples.path)
    files.failNext(.open)
    try await log.append(Samples.denied(1))
    #expect(await eventually { files.operations.filter { $0 == .open }.count >= 3 })
    #expect(lines(rotated).count == 2)
    #expect(log.isWritable)
    #expect(log.condition.whyNotReopened == "the new file isn't empty (audit.jsonl)")
    files.change(Samples.path) { $0 = [] }
    #expect(await eventually { lines().count == 1 })
    #expect(await eventually { log.condition.whyNotReopened == nil })
    log.close()
    #expect(files.breakInChain == nil)
  }

  @Test("Less room than the reserve is told, and that there is enough again")
  func reserve() async throws {
    let log = try makeLog(reserve: 1000)
    #expect(await eventually { log.condition.freeSpace == 1 << 30 })
    #expect(!log.condition.isReserveLow)
    files.setFreeSpace(999)
    #expect(await eventually { log.condition.isReserveLow })
    #expect(log.condition.freeSpace == 999)
    #expect(log.isWritable)
    files.setFreeSpace(2000)
    #expect(await eventually { !log.condition.isReserveLow })
    log.close()
  }

  @Test("Room that can't be told is no trouble")
  func unknownSpace() async throws {
    files.failNext(.freeSpace, times: .max)
    let log = try makeLog(reserve: 1000)
    #expect(await eventually { files.operations.contains(.freeSpace) })
    #expect(log.condition.freeSpace == nil)
    #expect(!log.condition.isReserveLow)
    log.close()
  }

  @Test("Trouble is over once there is an eighth more than the reserve")
  func hysteresis() {
    var condition = AuditCondition(reserve: 800)
    #expect(
      [900, 800, 799, 800, 899, 900, 799].map { condition.look(freeSpace: $0) } == [
        false, false, true, false, false, true, true,
      ])
    var none = AuditCondition(reserve: 0)
    #expect(none.look(freeSpace: 0) == false)
  }
}
