/// Splits a command into words as a POSIX shell does (XCU, section 2.2, "Quoting"). Nothing is expanded: `$`, `*` and `~` stand for
/// themselves.
enum ShellWords {
  private enum Quote {
    case none, single, double
  }

  /// The words; `nil` if a quote or a backslash is left open.
  static func split(_ command: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote = Quote.none
    var characters = command.makeIterator()
    while let character = characters.next() {
      switch (quote, character) {
      case (.none, "'"):
        quote = .single
        word = word ?? ""
      case (.none, "\""):
        quote = .double
        word = word ?? ""
      case (.single, "'"), (.double, "\""):
        quote = .none
      case (.none, "\\"):
        guard let next = characters.next() else { return nil }
        // A backslash before a line's end joins the lines.
        if !next.isNewline { word = (word ?? "") + String(next) }
      case (.double, "\\"):
        guard let next = characters.next() else { return nil }
        if !next.isNewline { word = (word ?? "") + ("\"\\$`".contains(next) ? "" : "\\") + String(next) }
      case (.none, _) where character.isWhitespace:
        if let word { words.append(word) }
        word = nil
      default:
        word = (word ?? "") + String(character)
      }
    }
    guard quote == .none else { return nil }
    if let word { words.append(word) }
    return words
  }
}
