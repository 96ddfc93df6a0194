/// A row as it is read by a person: when, who, from where, what, what became of it, why.
struct TableRow {
  enum Colour: String {
    case red = "\u{1b}[31m"
    case green = "\u{1b}[32m"
    case yellow = "\u{1b}[33m"
    case cyan = "\u{1b}[36m"
  }

  let cells: [TableColumn: TableCell]
  /// The outcome's.
  let colour: Colour?

  /// The headings.
  init() {
    cells = Dictionary(uniqueKeysWithValues: TableColumn.allCases.map { ($0, TableCell($0.rawValue)) })
    colour = nil
  }

  /// - Parameter isWide: whether there is room for the year.
  init(_ row: AuditRow, isWide: Bool) {
    let time = row.first.text(.time) ?? ""
    cells = [
      .time: isWide ? Self.seconds(time) + "Z" : String(Self.seconds(time).dropFirst(5)).replacing("T", with: " "),
      .who: Self.who(row.first), .from: row.first.text(.address) ?? "-", .what: Self.what(row),
      .outcome: Self.outcome(row), .reason: Self.reason(row),
    ].mapValues(TableCell.init)
    colour =
      switch (row.state, row.outcome) {
      case (.open, _): .cyan
      case (_, "unknown"): .red
      case (_, "rejected"): .green
      case (.denied, _), (.suppressed, _): .yellow
      case (_, "not_rejected"), (_, "not_sent"): row.last.has(.code) ? .yellow : nil
      default: nil
      }
  }

  /// The time to the second, its zone left out.
  private static func seconds(_ text: String) -> String {
    String(text.prefix { $0 != "." && $0 != "Z" })
  }

  private static func who(_ record: RecordReader) -> String {
    guard let name = record.text(.tokenName) else { return "-" }
    return "\(name) (\(record.text(.token) ?? ""))"
  }

  private static func what(_ row: AuditRow) -> String {
    guard row.state != .suppressed else { return "refused calls" }
    let action = row.first.text(.action).map { action in
      action.hasPrefix("connections.") ? String(action.dropFirst("connections.".count)) : action
    }
    let parts = [action, row.first.text(.connectionID), row.first.text(.path)].compactMap { $0 }
    return parts.isEmpty ? "-" : parts.joined(separator: " ")
  }

  /// What matters most comes first, since the end may be cut off.
  private static func outcome(_ row: AuditRow) -> String {
    let record = row.last
    switch row.state {
    case .open: return "open"
    case .recovered: return "unknown (the process died)"
    case .suppressed: return "denied, \(record.text(.count) ?? "?") times"
    case .denied:
      return ["denied", record.text(.code), record.text(.httpStatus)].compactMap { $0 }.joined(separator: " ")
    case .answered: break
    }
    // A look-up that went well rejected nothing, which is no news.
    let isLookUp = !record.has(.code) && record.is(.outcome, "not_rejected")
    let result = [
      isLookUp ? "looked up" : record.text(.outcome), record.text(.code), record.text(.httpStatus),
      record.text(.awsCode),
    ].compactMap { $0 }.joined(separator: " ")
    let attempts = record.text(.awsAttempts).flatMap { Int($0) } ?? 0
    return [
      result, attempts > 1 ? "\(attempts) attempts" : nil, record.text(.durationMilliseconds).map { "\($0) ms" },
      record.has(.sharedWith) ? "shared" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
  }

  private static func reason(_ row: AuditRow) -> String {
    guard row.state == .suppressed else { return row.first.text(.reason) ?? "-" }
    return "since \(seconds(row.first.text(.since) ?? ""))Z"
  }
}
