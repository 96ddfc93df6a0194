import Clocks
import GatewayCore
import Logging
import TestSupport
import Testing

@testable import AuditLog

/// A disk that takes longer than calls may: they are told so in time, and the log stays true.
@Suite("A slow disk", .timeLimit(.minutes(2)))
struct SlowDiskTests {
  private let gate: DiskGate
  private let files: FakeLogFileSystem
  private let time = ManualTime()
  private let log: AuditLog
  private let executor: SerialExecutorThread

  init() throws {
    let gate = DiskGate()
    self.gate = gate
    files = FakeLogFileSystem { gate.pass() }
    log = try AuditLog(
      path: Samples.path, files: files, clock: .system, monotonicClock: time.clock, bounds: Samples.bounds,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    executor = try SerialExecutorThread()
  }

  /// Begins to append, with ten seconds of patience; the task ends when the record is acknowledged or refused.
  private func append(_ record: AuditRecord) -> Task<AuditUnavailable?, Never> {
    Task(executorPreference: executor) { [log, time] in
      do throws(AuditUnavailable) {
        try await log.append(record, by: time.clock.now() + .seconds(10))
        return nil
      } catch {
        return error
      }
    }
  }

  /// Begins a record whose sync is held up.
  private func holdDisk(_ record: AuditRecord) async -> Task<AuditUnavailable?, Never> {
    gate.arm()
    let first = append(record)
    #expect(await eventually { gate.isHolding })
    return first
  }

  /// Waits until everything begun before this waits for the disk.
  private func everyoneWaits() async {
    await Task(executorPreference: executor) {}.value
  }

  private func end() -> [String] {
    log.close()
    executor.stop()
    #expect(files.breakInChain == nil)
    return files.contents.flatMap(\.lines).map(\.text)
  }

  private func count(_ record: AuditRecord, in lines: [String]) -> Int {
    lines.count { $0.contains(Samples.mark(of: record)) }
  }

  @Test("Nobody is refused before his time is over")
  func inTime() async {
    let first = await holdDisk(Samples.intent(1))
    time.advance(by: .milliseconds(9_999))
    log.expire(at: time.clock.now())
    #expect(log.isWritable)
    gate.release()
    #expect(await first.value == nil)
    _ = end()
  }

  @Test("An intent whose write is under way is refused in time; once it is on disk, it is closed there as not sent")
  func intentUnderWay() async throws {
    let first = await holdDisk(Samples.intent(1))
    time.advance(by: .seconds(10))
    let error = await first.value
    #expect(error?.isUndecided == true)
    #expect(error?.reason == "the disk takes longer than a call may")
    gate.release()
    let lines = end()
    #expect(count(Samples.intent(1), in: lines) == 1)
    let outcome = try #require(lines.first { $0.contains(Samples.mark(of: Samples.outcome(1))) })
    #expect(outcome.contains("\"httpStatus\":503,\"code\":\"audit_unavailable\",\"outcome\":\"not_sent\""))
    #expect(count(Samples.outcome(1), in: lines) == 1)
  }

  @Test("An intent that waits behind it is refused in time, and is never written")
  func intentWaiting() async {
    let first = await holdDisk(Samples.denied(9))
    let waiting = append(Samples.intent(1))
    await everyoneWaits()
    time.advance(by: .seconds(10))
    let error = await waiting.value
    #expect(error?.isUndecided == false)
    gate.release()
    _ = await first.value
    let lines = end()
    #expect(count(Samples.intent(1), in: lines) == 0)
    #expect(count(Samples.outcome(1), in: lines) == 0)
  }

  @Test("An outcome is written, though its caller was told that it isn't there in time", arguments: [true, false])
  func outcome(isUnderWay: Bool) async {
    let first = await holdDisk(isUnderWay ? Samples.outcome(1) : Samples.denied(9))
    let second = append(Samples.outcome(2))
    await everyoneWaits()
    time.advance(by: .seconds(10))
    #expect(await second.value?.isUndecided == true)
    gate.release()
    _ = await first.value
    let lines = end()
    #expect(count(Samples.outcome(1), in: lines) == (isUnderWay ? 1 : 0))
    #expect(count(Samples.outcome(2), in: lines) == 1)
  }

  @Test(
    "A refusal whose caller couldn't wait is in the log once, as a record or in a count, whatever comes of the write",
    arguments: [true, false], [true, false])
  func refusal(isUnderWay: Bool, fails: Bool) async {
    if fails { files.failNext(.sync) }
    let first = await holdDisk(isUnderWay ? Samples.denied(1) : Samples.intent(9))
    let second = isUnderWay ? first : append(Samples.denied(1))
    await everyoneWaits()
    time.advance(by: .seconds(10))
    #expect(await second.value != nil)
    gate.release()
    _ = await first.value
    let lines = end()
    let counted = lines.count { $0.contains("\"stage\":\"suppressed\"") && $0.contains("\"count\":1,") }
    #expect(count(Samples.denied(1), in: lines) + counted == 1)
  }

  @Test("While a write takes too long, the log isn't writable and says why; afterwards it is")
  func condition() async {
    let first = await holdDisk(Samples.intent(1))
    #expect(log.condition.failure == nil)
    time.advance(by: .seconds(10))
    _ = await first.value
    #expect(log.condition.failure == "a write takes longer than a call may")
    #expect(!log.isWritable)
    gate.release()
    #expect(await eventually { log.isWritable })
    _ = end()
  }

  @Test("However long the disk takes, no more than the limit waits; outcomes of calls under way find room beyond it")
  func bounded() async {
    let first = await holdDisk(Samples.intent(0))
    let waiting = (1...8192).map { append(Samples.intent($0)) }
    await everyoneWaits()
    #expect(await append(Samples.intent(9999)).value == AuditUnavailable("too many records wait for the disk"))
    let outcome = append(Samples.outcome(0))
    await everyoneWaits()
    time.advance(by: .seconds(10))
    for task in waiting { #expect(await task.value?.isUndecided == false) }
    gate.release()
    _ = await first.value
    _ = await outcome.value
    let lines = end()
    // The intent that was under way, its outcome, and what closes it; nothing of the others.
    #expect(lines.count { $0.contains("\"stage\":\"intent\"") } == 1)
    #expect(count(Samples.outcome(0), in: lines) >= 1)
  }
}
