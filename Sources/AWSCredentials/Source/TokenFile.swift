import GatewayCore
import SigV4

/// A file with a token in it that someone else renews: it is read at each use.
enum TokenFile {
  /// STS takes web identity tokens of up to 20,000 characters.
  private static let limit = 64 * 1024

  /// The token, without the line end behind it.
  ///
  /// - Parameter setting: that names the file, for the errors.
  /// - Throws: `SourceFailure.failed`: the file can't be read, or has no token or a line break inside, which would break
  ///   out of a header.
  static func read(_ path: String, setting: String, _ surroundings: Surroundings) throws(SourceFailure) -> Secret {
    guard let bytes = surroundings.readFile(path) else {
      throw .failed("\(path), which \(setting) names, can't be read")
    }
    guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self) else {
      throw .failed("\(path), which \(setting) names, has no token in it")
    }
    return try token(text, place: "\(path), which \(setting) names,")
  }

  /// `text` as a token.
  static func token(_ text: String, place: String) throws(SourceFailure) -> Secret {
    var token = Substring(text)
    // `\r\n` is one character to Swift.
    while let last = token.last, last.isNewline { token.removeLast() }
    guard !token.isEmpty else { throw .failed("\(place) is empty") }
    guard token.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw .failed("\(place) has a line break or another control character in it")
    }
    return Secret(String(token))
  }
}
