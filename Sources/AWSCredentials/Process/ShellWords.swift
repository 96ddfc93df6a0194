/// Splits a command into words as a POSIX shell does (XCU, section 2.2, "Quoting"). Nothing is expanded: `$`, `*` and `~` stand for
/// themselves.
enum ShellWords {
  private enum Quote {
    case none, single, double
  }

  /// The words; `nil` if a quote or a backslash is left open.
  static func split(_ command: String) -> [String]? {
    var words: [String] = []
    var word: String.UnicodeScalarView?
    var quote = Quote.none
    // Code points: to Swift, a quote and a combining mark behind it are one character, and no quote.
    var characters = command.unicodeScalars.makeIterator()
    while let character = characters.next() {
      switch (quote, character) {
      case (.none, "'"):
        quote = .single
        word = word ?? .init()
      case (.none, "\""):
        quote = .double
        word = word ?? .init()
      case (.single, "'"), (.double, "\""):
        quote = .none
      case (.none, "\\"):
        guard let next = characters.next() else { return nil }
        // A backslash before a line's end joins the lines.
        if next != "\n" { word = (word ?? .init()) + [next] }
      case (.double, "\\"):
        guard let next = characters.next() else { return nil }
        if next != "\n" { word = (word ?? .init()) + ("\"\\$`".unicodeScalars.contains(next) ? [] : ["\\"]) + [next] }
      case (.none, _) where character.properties.isWhitespace:
        if let word { words.append(String(word)) }
        word = nil
      default:
        word = (word ?? .init()) + [character]
      }
    }
    guard quote == .none else { return nil }
    if let word { words.append(String(word)) }
    return words
  }
}
