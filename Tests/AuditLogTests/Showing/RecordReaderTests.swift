import GatewayCore
import Testing

@testable import AuditLog

@Suite("Audit show: reading")
struct RecordReaderTests {
  @Test(
    "What isn't a record is named with its line, and doesn't hide what comes after it",
    arguments: [
      "", "x", "{}", "[]", "{", #"{"time":"t","seq":1}"#, #"{"time":"t","seq":1,"stage":"denied"}}"#,
      #"{"time":"t","seq":1,"stage":{}}"#, #"{"time":"t","seq":1,"stage":"denied""#,
      #"{"time":"t","seq":1,"stage":"denied\"#,
      #"{"time":"2026-11-22T16:00:00.123456Z","seq":1,"stage":"denied","x":[1,{"y":2}}"#, "{\"time\":\"\u{1b}\"}",
    ])
  func noRecord(line: String) throws {
    let shown = try Shown([ShowLine.denied(1), line + "\n", ShowLine.denied(3)])
    #expect(try shown.rows.map(\.seq) == [1, 3])
    #expect(shown.complaints == ["audit.1, line 2: it isn't an audit record"])
    #expect(shown.badLines == 1)
  }

  @Test("Of many lines that aren't records, the first ten are named, and the number of them")
  func manyBadLines() throws {
    let shown = try Shown([String](repeating: "x\n", count: 1000))
    #expect(shown.complaints.count == 11)
    #expect(shown.complaints.last == "audit.1: 1000 lines aren't audit records")
    #expect(shown.badLines == 1000)
  }

  @Test("A line without an end is told, and isn't an error")
  func tornEnd() throws {
    let shown = try Shown([ShowLine.denied(1), String(ShowLine.denied(2).dropLast())])
    #expect(try shown.rows.map(\.seq) == [1])
    #expect(shown.complaints == ["audit.1, line 2: it has no end: torn, or being written"])
    #expect(shown.badLines == 0)
  }

  @Test("A line of any length costs no memory, and the next one is read")
  func longLine() throws {
    let shown = try Shown([
      String(repeating: "x", count: 5 * AuditRecord.lineLimit) + "\n", ShowLine.denied(2),
      String(repeating: "x", count: 3 * AuditRecord.lineLimit),
    ])
    #expect(try shown.rows.map(\.seq) == [2])
    #expect(
      shown.complaints == [
        "audit.1, line 1: it isn't an audit record", "audit.1, line 3: it has no end: torn, or being written",
      ])
  }

  @Test("A line as long as one can be is read")
  func longestLine() throws {
    let short = ShowLine.denied(1, path: "/")
    let long = ShowLine.denied(1, path: "/" + String(repeating: "a", count: AuditRecord.lineLimit - short.utf8.count))
    let shown = try Shown([short, long, long, short])
    #expect(shown.lines.count == 4)
    #expect(shown.badLines == 0)
  }

  @Test("A later version's members don't matter, and neither does a stage that isn't known")
  func laterVersion() throws {
    let more = #""new":{"a":[1,{"b":null}],"c":"}"},"reason":"because""#
    let shown = try Shown([
      ShowLine.intent(1).replacing(#""reason":"CHG-1234""#, with: more), ShowLine.line(2, "later", #""x":1"#),
    ])
    #expect(try shown.rows.map(\.reason) == ["because"])
    #expect(shown.badLines == 0)
  }

  @Test("A file that isn't there is named")
  func unreadable() {
    var show = AuditShow(.json, filter: RowFilter(), write: { _ in }, complain: { _ in })
    #expect(throws: AuditShow.Failure.unreadable(file: "/nonexistent", reason: "No such file or directory")) {
      try show.show(["/nonexistent"])
    }
    #expect(throws: AuditShow.Failure.unreadable(file: "/", reason: "Is a directory")) { try show.show(["/"]) }
    #expect(throws: AuditShow.Failure.unreadable(file: "/dev/null", reason: "only a file can be followed")) {
      try show.follow(["/dev/null"], until: { _ in true })
    }
  }
}
