/// Keeps gateway tokens out of what is written down: people paste them into the wrong field.
package enum Redaction {
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
}
