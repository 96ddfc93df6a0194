/// A text for a terminal: nothing in it can move the cursor or change the direction of text, and its width is known.
struct TableCell {
  private(set) var text: String
  /// In columns of a terminal.
  private(set) var width: Int

  init(_ text: String) {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      self.text = text
      width = text.utf8.count
      return
    }
    self.text = ""
    width = 0
    for scalar in text.unicodeScalars {
      let shown = Self.shown(scalar)
      self.text += shown
      width += shown.unicodeScalars.reduce(0) { $0 + TerminalWidth.of($1) }
    }
  }

  /// The beginning of it, as much as fits in so many columns, with an ellipsis if that isn't all.
  func cut(to limit: Int) -> TableCell {
    guard width > limit else { return self }
    var cut = TableCell("")
    for scalar in text.unicodeScalars {
      let scalarWidth = TerminalWidth.of(scalar)
      guard cut.width + scalarWidth < limit else { break }
      cut.text.unicodeScalars.append(scalar)
      cut.width += scalarWidth
    }
    if limit > 0 {
      cut.text += "…"
      cut.width += 1
    }
    return cut
  }

  /// The character, or what is shown in its stead.
  private static func shown(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    default: return String(scalar)
    }
  }
}
