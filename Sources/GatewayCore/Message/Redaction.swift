/// Keeps gateway tokens out of what is written down: people paste them into the wrong field.
package enum Redaction {
  /// What a token is replaced by.
  package static let replacement = "cgw_[redacted]"

  /// `text` with whatever follows `cgw_`, as far as it could be a token, taken out.
  package static func redact(_ text: String) -> String {
    // `replacing` copies; the common case has nothing to replace.
    guard text.utf8.contains(UInt8(ascii: "_")) else { return text }
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstRange(of: GatewayToken.prefix) {
      let secret = rest[start.upperBound...].prefix(while: { $0.isASCII && ($0.isLetter || $0.isNumber) })
      // `cgw_` alone, or with a word of a few letters, tells nobody anything.
      let redacted = secret.utf8.count >= 8
      result += rest[..<start.lowerBound]
      result += redacted ? replacement : String(rest[start.lowerBound..<secret.endIndex])
      rest = rest[secret.endIndex...]
    }
    return result + rest
  }

  /// `text` redacted and cut to `limit` characters, for fields of the audit that a caller fills.
  package static func redact(_ text: String, limit: Int) -> String {
    let redacted = redact(text)
    return redacted.unicodeScalars.count <= limit
      ? redacted : String(String.UnicodeScalarView(redacted.unicodeScalars.prefix(limit)))
  }
}
