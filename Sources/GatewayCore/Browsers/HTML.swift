/// Text in an HTML document.
package enum HTML {
  /// `text` as it has to stand between tags, or in an attribute's quotes of either kind.
  package static func escape(_ text: String) -> String {
    guard text.utf8.contains(where: { $0.isOne(of: "&<>\"'") }) else { return text }
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
