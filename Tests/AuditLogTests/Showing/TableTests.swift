import Testing

@testable import AuditLog

@Suite("Audit show: table")
struct TableTests {
  private static let lines = [
    ShowLine.intent(1, "a"), ShowLine.outcome(2, "a"), ShowLine.intent(3, "b"),
    ShowLine.outcome(
      4, "b",
      result: #""httpStatus":404,"code":"connection_not_found","outcome":"not_rejected","#
        + #""aws":{"code":"ResourceNotFoundException","attempts":2},"durationMs":51"#),
    ShowLine.intent(5, "c", call: ShowLine.call.replacing(".reject", with: ".get")),
    ShowLine.outcome(
      6, "c", call: ShowLine.call.replacing(".reject", with: ".get"),
      result: #""httpStatus":200,"outcome":"not_rejected""#),
    ShowLine.intent(7, "d"), ShowLine.recovered(8, recovers: 7), ShowLine.denied(9), ShowLine.suppressed(10),
    ShowLine.intent(11, "e"),
  ]

  @Test("Where there is no terminal, nothing is cut, and a row is a line")
  func unlimited() throws {
    let lines = try Shown(Self.lines, as: .table(width: nil, hasColours: false)).lines
    #expect(
      lines.map { $0.split(separator: "  ").map { $0.trimmingPrefix { $0 == " " } } } == [
        ["TIME (UTC)", "WHO", "FROM", "WHAT", "OUTCOME", "REASON"],
        [
          "2026-11-22T16:00:00Z", "runbook-eu (9f2c61d0a4b7)", "10.1.2.3", "reject c-0123456789",
          "rejected 200, 143 ms", "CHG-1234",
        ],
        [
          "2026-11-22T16:00:00Z", "runbook-eu (9f2c61d0a4b7)", "10.1.2.3", "reject c-0123456789",
          "not_rejected connection_not_found 404 ResourceNotFoundException, 2 attempts, 51 ms", "CHG-1234",
        ],
        [
          "2026-11-22T16:00:00Z", "runbook-eu (9f2c61d0a4b7)", "10.1.2.3", "get c-0123456789", "looked up 200",
          "CHG-1234",
        ],
        [
          "2026-11-22T16:00:00Z", "runbook-eu (9f2c61d0a4b7)", "10.1.2.3", "reject c-0123456789",
          "unknown (the process died)", "CHG-1234",
        ],
        ["2026-11-22T16:00:00Z", "-", "10.1.2.3", "/x", "denied unauthenticated 401", "-"],
        [
          "2026-11-22T16:00:00Z", "-", "10.9.9.9", "refused calls", "denied, 17 times",
          "since 2026-11-22T15:59:00Z",
        ],
        ["2026-11-22T16:00:00Z", "runbook-eu (9f2c61d0a4b7)", "10.1.2.3", "reject c-0123456789", "open", "CHG-1234"],
      ])
  }

  @Test("At 80 columns a row has two lines, and ids and outcomes are whole")
  func narrow() throws {
    let lines = try Shown(Self.lines, as: .table(width: 80, hasColours: false)).lines
    #expect(
      lines.prefix(6) == [
        "TIME (UTC)        WHAT                        OUTCOME",
        " FROM             WHO                         REASON",
        "11-22 16:00:00    reject c-0123456789         rejected 200, 143 ms",
        " 10.1.2.3         runbook-eu (9f2c61d0a4b7)   CHG-1234",
        "11-22 16:00:00    reject c-0123456789         not_rejected connection_not_found…",
        " 10.1.2.3         runbook-eu (9f2c61d0a4b7)   CHG-1234",
      ])
  }

  @Test(
    "No line is wider than the terminal, and no column is lost",
    arguments: [1, 20, 40, 79, 80, 120, 159, 160, 200, 400])
  func limits(width: Int) throws {
    let reason = String(repeating: "漢字 and é ", count: 60)
    let lines = Self.lines + [ShowLine.intent(12, "f", reason: reason), ShowLine.denied(13, path: "/" + reason)]
    let shown = try Shown(lines, as: .table(width: width, hasColours: false)).lines
    let perRow = width < 160 ? 2 : 1
    #expect(shown.count == 10 * perRow)
    let widest = shown.map { TableCell($0).width }.max() ?? 0
    #expect(widest <= max(width, 24))
    if width >= 80 { #expect(width - widest <= 1) }
  }

  @Test("Colours belong to the outcome, and take no room")
  func colours() throws {
    let plain = try Shown(Self.lines, as: .table(width: 200, hasColours: false)).text
    let coloured = try Shown(Self.lines, as: .table(width: 200, hasColours: true)).text
    #expect(!plain.contains("\u{1b}"))
    #expect(coloured.contains("\u{1b}[32mrejected 200, 143 ms\u{1b}[0m"))
    #expect(coloured.contains("\u{1b}[31munknown (the process died)\u{1b}[0m"))
    #expect(coloured.contains("\u{1b}[36mopen\u{1b}[0m"))
    #expect(coloured.contains("  looked up 200 "))
    #expect(coloured.replacing(#/\u{1b}\[\d+m/#, with: "") == plain)
  }

  @Test("Without any row there is no heading")
  func empty() throws {
    #expect(try Shown([], as: .table(width: 80, hasColours: true)).text == "")
  }

  @Test(
    "Nothing that a caller sends does anything to the terminal",
    arguments: [
      (#"\u001b[2J"#, #"\u001b[2J"#), (#"a\nb\tc\r"#, #"a\u000ab\u0009c\u000d"#),
      (#"\u007f\u009b31m"#, #"\u007f\u009b31m"#),
      (#"\u202eabc\u2066\u200b"#, #"\u202eabc\u2066\u200b"#), (#"\u2028\ufeff"#, #"\u2028\ufeff"#),
      (#"\udb40\udc41"#, #"\ue0041"#), ("\u{202e}raw", #"\u202eraw"#), ("\u{9b}raw", #"\u009braw"#),
      (#"\ud800"#, #"\ud800"#),
      ("\u{7f}raw", #"\u007fraw"#),
    ])
  func harmless(written: String, shown: String) throws {
    let lines = [ShowLine.intent(1, reason: written)]
    let table = try Shown(lines, as: .table(width: 200, hasColours: true)).lines
    #expect(table.last?.hasSuffix("  \(shown)") == true)
    let json = try Shown(lines).text
    #expect(!json.dropLast().unicodeScalars.contains { TableCell(String($0)).text != String($0) })
  }

  @Test(
    "Wide characters count twice, and marks not at all",
    arguments: [
      ("abc", 3), ("漢字", 4), ("é", 1), ("e\u{301}", 1), ("한", 2), ("ｆ", 2), ("🚀", 2), ("✅", 2), ("─", 1), ("ü", 1),
    ])
  func width(text: String, width: Int) {
    #expect(TableCell(text).width == width)
  }

  @Test("A wide character that doesn't fit in whole is left out")
  func cut() {
    let cell = TableCell("漢字漢字")
    #expect(cell.cut(to: 8).text == "漢字漢字")
    #expect(cell.cut(to: 7).text == "漢字漢…")
    #expect(cell.cut(to: 6).text == "漢字…")
    #expect(cell.cut(to: 1).text == "…")
    #expect(cell.cut(to: 0).text == "")
  }
}
