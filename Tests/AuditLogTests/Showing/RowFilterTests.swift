import Clocks
import Testing

@testable import AuditLog

@Suite("Audit show: filters")
struct RowFilterTests {
  private static let otherCaller = ShowLine.call.replacing("9f2c61d0a4b7", with: "aaaaaaaaaaaa")
  private static let lines = [
    ShowLine.intent(1, "a", time: "2026-11-22T16:00:00.000000Z"),
    ShowLine.outcome(2, "a", time: "2026-11-22T16:00:01.000000Z"),
    ShowLine.intent(3, "b", call: otherCaller, time: "2026-11-22T16:00:02.000000Z"),
    ShowLine.outcome(4, "b", call: otherCaller, result: #""httpStatus":504,"outcome":"unknown""#),
    ShowLine.intent(5, "c", call: ShowLine.call.replacing("c-0123456789", with: "c-9876543210")),
    ShowLine.denied(6), ShowLine.suppressed(7),
  ]

  @Test(
    "Each outcome is asked for by its name",
    arguments: [
      ("rejected", [1]), ("unknown", [3]), ("open", [5]), ("denied", [6, 7]), ("not_sent", [6, 7]),
      ("not_rejected", []),
    ])
  func outcomes(outcome: String, expected: [Int]) throws {
    #expect(RowFilter.outcomes.contains(outcome))
    #expect(try Shown(Self.lines, filter: RowFilter(outcome: outcome)).rows.map(\.seq) == expected)
  }

  @Test("The rows of a token, or of a connection, and of both")
  func ids() throws {
    #expect(try Shown(Self.lines, filter: RowFilter(tokenID: "aaaaaaaaaaaa")).rows.map(\.seq) == [3])
    #expect(try Shown(Self.lines, filter: RowFilter(connectionID: "c-0123456789")).rows.map(\.seq) == [1, 3])
    let both = RowFilter(tokenID: "9f2c61d0a4b7", connectionID: "c-9876543210")
    #expect(try Shown(Self.lines, filter: both).rows.map(\.seq) == [5])
    let none = RowFilter(tokenID: "9f2c61d0a4b7", connectionID: "c-9876543210", outcome: "rejected")
    #expect(try Shown(Self.lines, filter: none).rows == [])
  }

  @Test("An id that stands elsewhere in a line, or is part of another, doesn't count")
  func idsElsewhere() throws {
    let lines = [
      ShowLine.intent(1, reason: #"\"c-0123456789\" c-555555555"#), ShowLine.intent(2, "c-5555555555"),
    ]
    #expect(try Shown(lines, filter: RowFilter(connectionID: "c-5555555555")).rows == [])
    #expect(try Shown(lines, filter: RowFilter(connectionID: "c-012345678")).rows == [])
  }

  @Test("What was recovered is found by its intent's token though it doesn't name it")
  func recovered() throws {
    let lines = [ShowLine.intent(1), ShowLine.recovered(2, "", recovers: 1), ShowLine.recovered(3, "", recovers: 2)]
    #expect(
      try Shown(lines, filter: RowFilter(tokenID: "9f2c61d0a4b7")).rows.map { [$0.seq, $0.lastSeq] } == [[1, 2]])
  }

  @Test("What was written since then: to the microsecond, and the end of a call that began before")
  func since() throws {
    let time = try #require(Timestamp(iso8601: "2026-11-22T16:00:01.000000Z"))
    let rows = try Shown(Array(Self.lines.prefix(4)), filter: RowFilter(since: time)).rows
    #expect(rows.map { [$0.seq, $0.lastSeq] } == [[2, 2], [3, 4]])
    let all = try Shown(Array(Self.lines.prefix(3)), filter: RowFilter(since: time)).rows
    #expect(all.map(\.seq) == [2, 3])
  }

  @Test("A record in another form is found as well: what a person put spaces in")
  func otherForm() throws {
    let spaced = Self.lines.map { $0.replacing(#"":"#, with: #"": "#).replacing(#",""#, with: #" , ""#) }
    #expect(try Shown(spaced, filter: RowFilter(tokenID: "aaaaaaaaaaaa")).rows.map(\.seq) == [3])
    let time = try #require(Timestamp(iso8601: "2026-11-22T16:00:02Z"))
    #expect(try Shown(Array(spaced.prefix(3)), filter: RowFilter(since: time)).rows.map(\.seq) == [3])
  }
}
