import GatewayCore
import Testing

@testable import AuditLog

@Suite("Audit show: joining")
struct CallJoinerTests {
  @Test("Intent and outcome are one row, in the order in which calls end")
  func interleaved() throws {
    let shown = try Shown([
      ShowLine.intent(1, "a"), ShowLine.intent(2, "b"), ShowLine.outcome(3, "b"), ShowLine.outcome(4, "a"),
    ])
    #expect(try shown.rows.map { [$0.seq, $0.lastSeq] } == [[2, 3], [1, 4]])
    #expect(try shown.rows.map(\.state) == ["answered", "answered"])
    #expect(shown.complaints == [])
  }

  @Test("They are joined across files")
  func acrossFiles() throws {
    let shown = try Shown([ShowLine.intent(1)], [], [ShowLine.outcome(2)])
    #expect(try shown.rows.map { [$0.seq, $0.lastSeq] } == [[1, 2]])
  }

  @Test("Files that don't follow one another are told, and so are those in the wrong order")
  func borders() throws {
    let (first, second, third) = ([ShowLine.intent(1)], [ShowLine.denied(2)], [ShowLine.outcome(3)])
    #expect(try Shown(first, second, third).complaints == [])
    #expect(
      try Shown(first, third).complaints == [
        "audit.2 begins with seq 3, and what was read before ends with seq 1: a file is missing, or they aren't given "
          + "oldest first"
      ])
    #expect(try Shown(second, first, filter: RowFilter(outcome: "unknown")).complaints.count == 1)
  }

  @Test("Of calls with the same ids, the oldest has the first outcome")
  func sameIDs() throws {
    let lines = [
      ShowLine.intent(1, reason: "one"), ShowLine.intent(2, reason: "two"), ShowLine.outcome(3), ShowLine.outcome(4),
    ]
    #expect(try Shown(lines).rows.map { [$0.seq, $0.lastSeq] } == [[1, 3], [2, 4]])
  }

  @Test("The same request id for another connection is another call")
  func otherConnection() throws {
    let other = ShowLine.call.replacing("c-0123456789", with: "c-9876543210")
    let shown = try Shown([ShowLine.intent(1), ShowLine.intent(2, call: other), ShowLine.outcome(3, call: other)])
    #expect(try shown.rows.map(\.state) == ["answered", "open"])
    #expect(try shown.rows.map(\.seq) == [2, 1])
  }

  @Test("A look-up without a connection is joined as well")
  func withoutConnection() throws {
    let call = #""action":"connections.list","caller":\#(ShowLine.caller),\#(ShowLine.client)"#
    let shown = try Shown([ShowLine.intent(1, call: call), ShowLine.outcome(2, call: call)])
    #expect(try shown.rows.map { [$0.seq, $0.lastSeq] } == [[1, 2]])
  }

  @Test("What was recovered belongs to the intent that it names, whatever else it says")
  func recovered() throws {
    let shown = try Shown([
      ShowLine.intent(1, reason: "one"), ShowLine.intent(2, reason: "two"), ShowLine.recovered(3, "", recovers: 2),
      ShowLine.outcome(4),
    ])
    #expect(try shown.rows.map(\.reason) == ["two", "one"])
    #expect(try shown.rows.map(\.state) == ["recovered", "answered"])
    #expect(try shown.rows.map(\.outcome) == ["unknown", "rejected"])
  }

  @Test("What closes an intent that isn't there has a row of its own")
  func alone() throws {
    let shown = try Shown([ShowLine.outcome(7, "a"), ShowLine.recovered(8, recovers: 3)])
    #expect(try shown.rows.map { [$0.seq, $0.lastSeq] } == [[7, 7], [8, 8]])
    #expect(try shown.rows.map(\.state) == ["answered", "recovered"])
  }

  @Test("Calls without an outcome come last; bounds and checkpoints have no row")
  func open() throws {
    let shown = try Shown([
      ShowLine.line(1, "opened", #""instance":"a1b2c3d4e5f60718","version":"0.1.0""#), ShowLine.intent(2, "a"),
      ShowLine.denied(3), ShowLine.suppressed(4),
      ShowLine.line(5, "checkpoint", #""keyId":"a1b2c3d4e5f60718","signature":"""#),
    ])
    #expect(try shown.rows.map(\.state) == ["denied", "suppressed", "open"])
    #expect(try shown.rows.map(\.count) == [nil, 17, nil])
  }

  @Test("So many intents may wait, and no more: the oldest is shown, and its outcome when it comes")
  func tooManyOpen() {
    var joiner = CallJoiner(filter: RowFilter())
    var rows: [String] = []
    func take(_ line: String) -> Bool {
      Array(line.utf8).withUnsafeBytes { bytes in
        joiner.take(bytes) { rows.append("\($0.state) \($0.first.text(.sequence) ?? "")") }
      }
    }
    for number in 1...WaitingIntents.countLimit { #expect(take(ShowLine.intent(number, "r-\(number)"))) }
    #expect(rows == [])
    #expect(take(ShowLine.intent(70_000, "r-70000")))
    #expect(rows == ["open 1"])
    #expect(take(ShowLine.outcome(70_001, "r-1")))
    #expect(take(ShowLine.outcome(70_002, "r-2")))
    #expect(rows == ["open 1", "answered 70001", "answered 2"])
    #expect(joiner.crowdedOut == 1)
  }

  @Test("So many bytes of intents may wait, and no more")
  func tooLongOpen() {
    var waiting = WaitingIntents()
    let line = [UInt8](repeating: 0x20, count: AuditRecord.lineLimit)
    for number in 0...64 {
      #expect(!waiting.areTooMany)
      line.withUnsafeBytes {
        waiting.add($0, of: .init(requestID: "r", connectionID: "c"), sequence: "\(number)")
      }
    }
    #expect(waiting.areTooMany)
    #expect(waiting.takeOldest() != nil)
    #expect(!waiting.areTooMany)
  }
}
