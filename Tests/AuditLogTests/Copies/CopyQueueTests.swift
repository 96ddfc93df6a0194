import Clocks
import GatewayCore
import TestSupport
import Testing

@testable import AuditLog

@Suite("CopyQueue", .timeLimit(.minutes(2)))
struct CopyQueueTests {
  private let sink: FakeSink
  private let queue: CopyQueue

  init() throws {
    let sink = FakeSink()
    self.sink = sink
    queue = try CopyQueue(kind: "fake") { sink }
  }

  private static func batch(_ lines: [(AuditRecord.Stage, String)]) -> WrittenBatch {
    WrittenBatch(time: Samples.time, stages: lines.map(\.0), bytes: Array(lines.map { $0.1 + "\n" }.joined().utf8))
  }

  /// One line of so many bytes.
  private static func line(_ count: Int) -> WrittenBatch {
    batch([(.denied, String(repeating: "x", count: count - 1))])
  }

  @Test("Lines arrive one by one, in order, each with its stage")
  func order() async {
    queue.offer(Self.batch([(.opened, "a"), (.intent, "b")]))
    queue.offer(Self.batch([(.outcome, "c")]))
    #expect(await eventually { sink.lines == ["opened a\n", "intent b\n", "outcome c\n"] })
    queue.close()
    #expect(queue.missedCount == 0)
    #expect(queue.takeFailure() == nil)
  }

  @Test(
    "While the copy holds a line up, others wait up to 8 MiB; what is beyond is missed, and nobody waits to offer it")
  func bounded() async {
    sink.hold()
    let size = 1 << 20
    for _ in 0..<20 { queue.offer(Self.line(size)) }
    #expect(queue.missedCount == 12)
    #expect(queue.takeFailure() == "it doesn't take the lines as fast as they come")
    sink.release()
    #expect(await eventually { sink.lines.count == 8 })
    // There is room again.
    queue.offer(Self.line(size))
    #expect(await eventually { sink.lines.count == 9 })
    queue.close()
    #expect(queue.missedCount == 12)
  }

  @Test("A line that may pass later is tried again, and none overtakes it")
  func retries() async {
    sink.fail(CopyFailure(reason: "away", mayPass: true), times: 1)
    queue.offer(Self.batch([(.opened, "a"), (.intent, "b")]))
    #expect(await eventually { sink.lines == ["opened a\n", "intent b\n"] })
    #expect(queue.takeFailure() == "away")
    #expect(queue.missedCount == 0)
    queue.close()
  }

  @Test("A line that can't pass is missed, and the next one is tried")
  func fails() async {
    sink.fail(CopyFailure(reason: "too large", mayPass: false), times: 1)
    queue.offer(Self.batch([(.opened, "a"), (.intent, "b")]))
    #expect(await eventually { sink.lines == ["intent b\n"] })
    #expect(queue.missedCount == 1)
    #expect(queue.takeFailure() == "too large")
    queue.close()
  }

  @Test("Closing hands over what waits")
  func close() {
    for _ in 0..<1000 { queue.offer(Self.line(100)) }
    queue.close()
    #expect(sink.lines.count == 1000)
  }

  @Test("Closing doesn't wait for a copy that is away: what waits is missed")
  func closeWhileAway() async {
    sink.failAlways(CopyFailure(reason: "away", mayPass: true))
    for _ in 0..<10 { queue.offer(Self.line(100)) }
    #expect(await eventually { sink.tries > 0 })
    queue.close()
    #expect(queue.missedCount == 10)
  }

  @Test("Closing waits no more than 2 seconds for a copy that hangs: what waits is missed")
  func closeWhileHolding() async {
    sink.hold()
    for _ in 0..<10 { queue.offer(Self.line(100)) }
    #expect(await eventually { sink.tries > 0 })
    let began = ContinuousClock.now
    queue.close()
    #expect(ContinuousClock.now - began < .seconds(5))
    #expect(queue.missedCount == 10)
    #expect(queue.takeFailure() == "it held up the last lines")
    sink.release()
  }
}
