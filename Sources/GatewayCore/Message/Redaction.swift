/// Keeps gateway tokens out of what is written down: people paste them into the wrong field.
package enum Redaction {
  /// How often a text is decoded that was encoded over again.
  private static let decodingDepth = 4
  /// What a token is replaced by.
  package static let replacement = "cgw_[redacted]"

  /// `text` with whatever follows `cgw_`, as far as it could be a token, taken out.
  package static func redact(_ text: String) -> String {
    // `replacing` copies; the common case has nothing to replace.
    guard text.utf8.contains(UInt8(ascii: "_")) else { return text }
    // Bytes, not characters: a character before or after can join itself to the token's letters.
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let start = rest.firstRange(of: Array(GatewayToken.prefix.utf8)) {
      // With `_`, so that what follows in one piece, a second token above all, goes too.
      let secret = rest[start.upperBound...].prefix(while: { $0.isASCIIAlphanumeric || $0.isOne(of: "_") })
      result += rest[..<start.lowerBound]
      // `cgw_` alone, or with a word of a few letters, tells nobody anything.
      result += secret.count >= 8 ? Array(replacement.utf8)[...] : rest[start.lowerBound..<secret.endIndex]
      rest = rest[secret.endIndex...]
    }
    return String(decoding: result + rest, as: UTF8.self)
  }

  /// `text` redacted and cut to `limit` characters, for fields of the audit that a caller fills.
  package static func redact(_ text: String, limit: Int) -> String {
    let redacted = redact(text)
    return redacted.unicodeScalars.count <= limit
      ? redacted : String(String.UnicodeScalarView(redacted.unicodeScalars.prefix(limit)))
  }

  /// `text` without these secrets, wherever they stand in it.
  package static func hide(_ secrets: [String], in text: String) -> String {
    // Bytes here, too. A secret that is a part of another one mustn't leave the rest of that.
    let ordered = secrets.filter { !$0.isEmpty }.sorted { $0.utf8.count > $1.utf8.count }
    return ordered.reduce(text) { text, secret in
      String(decoding: Array(text.utf8).replacing(Array(secret.utf8), with: Array("[redacted]".utf8)), as: UTF8.self)
    }
  }

  /// A caller's path, redacted and cut. A segment that spells a token in percent-encoding, once or over again, goes as a
  /// whole.
  package static func redact(path: String, limit: Int) -> String {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
      // What is decoded can't be pointed at in what was sent, so all of it goes.
      spellsToken(segment) ? replacement : String(segment)
    }
    return redact(segments.joined(separator: "/"), limit: limit)
  }

  /// Whether decoding the segment shows a token, sooner or later: going on could hide it again.
  private static func spellsToken(_ segment: Substring) -> Bool {
    var text = String(segment)
    for _ in 0..<decodingDepth where text.contains("%") {
      text = percentDecoded(text)
      if redact(text) != text { return true }
    }
    return false
  }

  /// Each `%XX` as its byte; what isn't one stays.
  private static func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.utf8.allSatisfy(\.isASCIIAlphanumeric),
        let value = UInt8(digits, radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
