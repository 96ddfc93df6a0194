import Clocks
import GatewayCore
import Logging
import TestSupport
import Testing

@testable import AuditLog

/// What the log's thread does with records that come together, and with a disk that fails.
@Suite("Group commit", .timeLimit(.minutes(2)))
struct GroupCommitTests {
  private let gate: DiskGate
  private let files: FakeLogFileSystem
  private let log: AuditLog
  private let executor: SerialExecutorThread

  init() throws {
    let gate = DiskGate()
    self.gate = gate
    files = FakeLogFileSystem { gate.pass() }
    log = try AuditLog(
      path: Samples.path, files: files, clock: .system,
      // No time passes: what was refused isn't due to be counted in a record of its own, however long a test takes.
      monotonicClock: ManualTime().clock, bounds: Samples.bounds,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    executor = try SerialExecutorThread()
  }

  /// Begins to append; the task ends when the record is acknowledged or refused.
  private func append(_ record: AuditRecord) -> Task<AuditUnavailable?, Never> {
    Task(executorPreference: executor) { [log] in
      do throws(AuditUnavailable) {
        try await log.append(record)
        return nil
      } catch {
        return error
      }
    }
  }

  /// Waits until everything begun before this waits for the disk.
  private func everyoneWaits() async {
    await Task(executorPreference: executor) {}.value
  }

  /// Begins a record whose sync is held up.
  private func holdDisk() async -> Task<AuditUnavailable?, Never> {
    gate.arm()
    let first = append(Samples.intent(0))
    #expect(await eventually { gate.isHolding })
    return first
  }

  private func end() {
    log.close()
    executor.stop()
  }

  private func breakInChain() -> String? {
    var verifier = ChainVerifier()
    do {
      for line in files.contents.flatMap(\.lines) { try verifier.take(line) }
      return nil
    } catch {
      return error.what
    }
  }

  @Test("However many records wait for a slow disk, they share one append and one sync", arguments: [1, 2, 300])
  func shareOneSync(count: Int) async throws {
    let first = await holdDisk()
    let callsBefore = files.calls.count
    let waiting = (1...count).map { append(Samples.intent($0)) }
    await everyoneWaits()
    gate.release()
    #expect(await first.value == nil)
    for task in waiting { #expect(await task.value == nil) }
    // Once in a while it looks at its file, too.
    #expect(files.operations[callsBefore...].filter { $0 == .append || $0 == .sync } == [.append, .sync])
    #expect(log.recordCount == count + 1)
    end()
    #expect(breakInChain() == nil)
  }

  @Test("No record is acknowledged while its sync is under way")
  func notBeforeSync() async {
    let record = await holdDisk()
    let acknowledged = Flag()
    let watcher = Task {
      _ = await record.value
      acknowledged.raise()
    }
    await everyoneWaits()
    #expect(!acknowledged.isRaised)
    #expect(!files.disk.text.contains(Samples.mark(of: Samples.intent(0))))
    gate.release()
    await watcher.value
    #expect(files.disk.text.contains(Samples.mark(of: Samples.intent(0))))
    end()
  }

  @Test("A failed sync is told to every record of its batch, and to those before none")
  func failedBatch() async {
    let first = await holdDisk()
    let waiting = (1...20).map { append(Samples.intent($0)) }
    await everyoneWaits()
    // The sync that is held up has begun, so that the failure meets the one after it.
    files.failNext(.sync)
    gate.release()
    #expect(await first.value == nil)
    for task in waiting { #expect(await task.value == AuditUnavailable("sync: Input/output error")) }
    end()
    #expect(breakInChain() == nil)
  }

  @Test("More records than can wait are refused at once; those that wait are written")
  func backlog() async {
    let first = await holdDisk()
    let waiting = (1...8192).map { append(Samples.intent($0)) }
    let beyond = (0..<3).map { _ in append(Samples.denied(9)) }
    for task in beyond { #expect(await task.value == AuditUnavailable("too many records wait for the disk")) }
    gate.release()
    #expect(await first.value == nil)
    for task in waiting { #expect(await task.value == nil) }
    #expect(log.recordCount == 8193)
    end()
  }

  @Test("Close writes what waits, and closed after it")
  func closeWritesWhatWaits() async throws {
    let first = await holdDisk()
    let waiting = (1...5).map { append(Samples.outcome($0)) }
    await everyoneWaits()
    gate.release()
    end()
    #expect(await first.value == nil)
    for task in waiting { #expect(await task.value == nil) }
    let lines = try #require(files.content(of: Samples.path)?.lines.map(\.text))
    #expect(lines.count == 8)
    #expect(lines.last?.contains("\"stage\":\"closed\"") == true)
    #expect(breakInChain() == nil)
  }

  @Test("After a failure records are refused at once, until a fresh file is there; it has the outcome that was kept")
  func resumes() async throws {
    files.failNext(.sync)
    files.failNext(.rename, times: .max)
    #expect(await append(Samples.outcome(1)).value == AuditUnavailable("sync: Input/output error"))
    #expect(await eventually { !log.isWritable })
    let callsBefore = files.calls.count
    #expect(await append(Samples.intent(2)).value == AuditUnavailable("sync: Input/output error"))
    #expect(!files.operations[callsBefore...].contains(.append))
    files.failNext(.rename, times: 0)
    #expect(await eventually { log.isWritable })
    #expect(await append(Samples.intent(3)).value == nil)
    end()
    let lines = try #require(files.content(of: Samples.path)?.lines.map(\.text))
    #expect(lines.count == 4)
    #expect(lines[0].contains("\"stage\":\"opened\""))
    #expect(lines[1].contains(Samples.mark(of: Samples.outcome(1))))
    #expect(lines[2].contains(Samples.mark(of: Samples.intent(3))))
    #expect(files.names.count == 2)
    #expect(files.violations == [])
    #expect(breakInChain() == nil)
  }

  @Test("A disk that fails again is tried again")
  func resumesLater() async {
    files.failNext(.sync, times: .max)
    #expect(await append(Samples.intent(1)).value != nil)
    // Two fresh files fail like the first one did.
    let syncsBefore = files.operations.filter { $0 == .sync }.count
    #expect(await eventually { files.operations.filter { $0 == .sync }.count >= syncsBefore + 2 })
    #expect(!log.isWritable)
    files.failNext(.sync, times: 0)
    #expect(await eventually { log.isWritable })
    #expect(await append(Samples.intent(2)).value == nil)
    end()
    #expect(files.violations == [])
    #expect(breakInChain() == nil)
  }

  @Test("An outcome that was kept is written before the log closes, even right after the failure")
  func keptIsWrittenAtClose() async {
    files.failNext(.sync)
    #expect(await append(Samples.outcome(1)).value != nil)
    end()
    #expect(files.contents.flatMap { $0 }.text.contains(Samples.mark(of: Samples.outcome(1))))
  }
}
