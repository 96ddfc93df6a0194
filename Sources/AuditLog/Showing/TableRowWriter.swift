/// Writes rows as a table. Its columns' widths come from the first rows, which wait for one another until there are enough.
struct TableRowWriter: RowWriter {
  private static let sampleSize = 256
  private static let resetColour = "\u{1b}[0m"

  private let limit: Int?
  private let hasColours: Bool
  private var sample: [TableRow] = []
  private var layout: TableLayout?

  /// - Parameters:
  ///   - limit: how wide it may be; `nil` for as wide as it likes.
  ///   - hasColours: for a terminal.
  init(limit: Int?, hasColours: Bool) {
    self.limit = limit
    self.hasColours = hasColours
  }

  mutating func write(_ row: AuditRow, to output: inout [UInt8]) {
    let row = TableRow(row, isWide: TableLayout.isWide(limit))
    if let layout {
      write(row, layout, &output)
    } else {
      sample.append(row)
      if sample.count == Self.sampleSize { pause(&output) }
    }
  }

  mutating func pause(_ output: inout [UInt8]) {
    guard layout == nil, !sample.isEmpty else { return }
    let rows = [TableRow()] + sample
    let widths = TableColumn.allCases.map { column in
      (column, rows.reduce(0) { max($0, $1.cells[column]?.width ?? 0) })
    }
    let layout = TableLayout(needed: Dictionary(uniqueKeysWithValues: widths), limit: limit)
    self.layout = layout
    for row in rows { write(row, layout, &output) }
    sample = []
  }

  private func write(_ row: TableRow, _ layout: TableLayout, _ output: inout [UInt8]) {
    for (number, columns) in layout.lines.enumerated() {
      for (place, column) in columns.enumerated() {
        guard let cell = row.cells[column] else { continue }
        let indent = number > 0 && place == 0 ? TableLayout.indent : 0
        let width = layout.widths[place] - indent
        let shown = limit == nil ? cell : cell.cut(to: width)
        let colour = hasColours && column == .outcome ? row.colour : nil
        space(indent, &output)
        if let colour { output += colour.rawValue.utf8 }
        output += shown.text.utf8
        if colour != nil { output += Self.resetColour.utf8 }
        if place < columns.count - 1 { space(max(0, width - shown.width) + TableLayout.gap, &output) }
      }
      while output.last == UInt8(ascii: " ") { output.removeLast() }
      output.append(UInt8(ascii: "\n"))
    }
  }

  private func space(_ count: Int, _ output: inout [UInt8]) {
    for _ in 0..<count { output.append(UInt8(ascii: " ")) }
  }
}
