/// Where a table's columns stand, and how wide they are.
///
/// A wide table has a line for each row. On a narrow terminal a row has two, the second one indented: on one, ids and
/// outcomes wouldn't be whole.
struct TableLayout: Equatable {
  static let gap = 2
  static let indent = 1
  /// From so many columns on, a row has one line.
  static let wideFrom = 160
  /// No place is narrower, whatever the terminal is.
  private static let least = 6

  let isWide: Bool
  /// The places of each line, from left to right, and the column that stands there.
  let lines: [[TableColumn]]
  private(set) var widths: [Int]

  /// - Parameters:
  ///   - needed: what the rows known so far need in each column.
  ///   - limit: how wide the table may be; `nil` for as wide as it likes.
  init(needed: [TableColumn: Int], limit: Int?) {
    isWide = Self.isWide(limit)
    lines =
      isWide ? [[.time, .who, .from, .what, .outcome, .reason]] : [[.time, .what, .outcome], [.from, .who, .reason]]
    let preferred = isWide ? [20, 25, 15, 27, 36, 20] : [16, 26, 34]
    let lines = self.lines
    let most = lines[0].indices.map { place in
      lines.indices.reduce(0) { max($0, (needed[lines[$1][place]] ?? 0) + ($1 > 0 && place == 0 ? Self.indent : 0)) }
    }
    // Later rows may need what is preferred.
    widths = zip(most, preferred).map { max($0, $1) }
    guard let limit else { return }
    widths = preferred
    let last = widths.count - 1
    while total > limit, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > Self.least {
      widths[widest] -= 1
    }
    // The narrowest of those that need more grows first; what nobody needs is the last one's.
    while total < limit,
      let narrowest = widths.indices.filter({ widths[$0] < most[$0] }).min(by: { widths[$0] < widths[$1] })
    {
      widths[narrowest] += 1
    }
    widths[last] += max(0, limit - total)
  }

  static func isWide(_ limit: Int?) -> Bool {
    limit.map { $0 >= wideFrom } ?? true
  }

  private var total: Int {
    widths.reduce(Self.gap * (widths.count - 1), +)
  }
}
