import Clocks
import GatewayCore
import Logging
import Synchronization
import TestSupport
import Testing

@testable import AuditLog

@Suite("AuditCopies", .timeLimit(.minutes(2)))
struct AuditCopiesTests {
  private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func makeLog(_ files: FakeLogFileSystem, _ copies: AuditCopies) throws -> AuditLog {
    try AuditLog(
      path: Samples.path, files: files, clock: .system, bounds: Samples.bounds, copies: copies, logger: silent)
  }

  @Test("A copy has every line of the log, opened and closed too, byte for byte and in order")
  func everyLine() async throws {
    let sink = FakeSink()
    let files = FakeLogFileSystem()
    let log = try Self.makeLog(files, AuditCopies(queues: [try CopyQueue(kind: "a") { sink }], logger: nil))
    for number in 1...20 { try await log.append(number % 3 == 0 ? Samples.denied(number) : Samples.intent(number)) }
    log.close()
    let lines = files.contents.flatMap(\.lines).map(\.text)
    #expect(lines.count == 22)
    #expect(sink.lines.map { $0.drop { $0 != "{" } }.map(String.init) == lines)
    #expect(sink.lines.first?.hasPrefix("opened ") == true)
    #expect(sink.lines.last?.hasPrefix("closed ") == true)
  }

  @Test("A copy never has a line that isn't on disk")
  func durable() async throws {
    let gate = DiskGate()
    let files = FakeLogFileSystem { gate.pass() }
    let sink = FakeSink()
    let log = try Self.makeLog(files, AuditCopies(queues: [try CopyQueue(kind: "a") { sink }], logger: nil))
    #expect(await eventually { sink.lines.count == 1 })
    gate.arm()
    let first = Task { try? await log.append(Samples.intent(1)) }
    #expect(await eventually { gate.isHolding })
    #expect(sink.lines.count == 1)
    gate.release()
    await first.value
    #expect(await eventually { sink.lines.count == 2 })
    files.failNext(.sync)
    await #expect(throws: AuditUnavailable.self) { try await log.append(Samples.intent(2)) }
    log.close()
    #expect(!sink.lines.contains { $0.contains("request-2") })
  }

  @Test("A copy that hangs holds up neither the log nor the other copies")
  func hangs() async throws {
    let (stuck, other) = (FakeSink(), FakeSink())
    stuck.hold()
    let queues = [try CopyQueue(kind: "stuck") { stuck }, try CopyQueue(kind: "other") { other }]
    let copies = AuditCopies(queues: queues, logger: nil)
    let log = try Self.makeLog(FakeLogFileSystem(), copies)
    for number in 1...50 { try await log.append(Samples.intent(number)) }
    #expect(await eventually { other.lines.count == 51 })
    #expect(copies.missed.map(\.count) == [0, 0])
    log.close()
    #expect(copies.missed.map(\.count) == [52, 0])
    stuck.release()
  }

  @Test("That a copy fails is said at once, then at most every 10 seconds, and at the end")
  func report() async throws {
    let messages = Mutex<[String]>([])
    let logger = Logger(label: "test") { _ in MessageLog { message in messages.withLock { $0.append(message) } } }
    let sink = FakeSink()
    let queue = try CopyQueue(kind: "a") { sink }
    let time = ManualTime()
    let copies = AuditCopies(queues: [queue], logger: logger, clock: time.clock)
    copies.report()
    #expect(messages.withLock { $0 } == [])
    sink.failAlways(CopyFailure(reason: "no", mayPass: false))
    let batch = WrittenBatch(time: Samples.time, stages: [.denied], bytes: Array("{}\n".utf8))
    copies.offer(batch)
    #expect(await eventually { queue.missedCount == 1 })
    for _ in 0..<5 { copies.report() }
    #expect(messages.withLock { $0 } == ["audit copy fails: copy=a missed=1 reason=no"])
    for _ in 0..<3 { copies.offer(batch) }
    #expect(await eventually { queue.missedCount == 4 })
    time.advance(by: .seconds(9))
    copies.report()
    #expect(messages.withLock { $0 }.count == 1)
    time.advance(by: .seconds(1))
    copies.report()
    #expect(messages.withLock { $0 }.last == "audit copy fails: copy=a missed=3 reason=no")
    copies.offer(batch)
    #expect(await eventually { queue.missedCount == 5 })
    copies.close()
    #expect(messages.withLock { $0 }.last == "audit copy fails: copy=a missed=1 reason=no")
  }
}

/// Hands each message on, with its metadata.
private struct MessageLog: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]
  let take: @Sendable (String) -> Void

  init(take: @escaping @Sendable (String) -> Void) {
    self.take = take
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    take("\(event.message): \(metadata.joined(separator: " "))")
  }
}
