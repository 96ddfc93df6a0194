import Glibc

/// The place for what a person at a terminal has to read.
enum StandardError {
  /// Writes one line, under the program's name. Line breaks inside become spaces.
  static func write(_ text: String) {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    let bytes = Array("opensearch-simulator: \(line)\n".utf8)
    // Nobody is left to be told if this fails.
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
