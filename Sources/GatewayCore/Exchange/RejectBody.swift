import FoundationEssentials

/// The optional body of a reject: `{}` or `{"reason": "…"}`.
struct RejectBody: Equatable {
  let reason: String?

  /// Reads the body.
  ///
  /// - Throws: `invalid_request`, naming the member at fault.
  init(_ bytes: [UInt8]) throws(Problem) {
    let object = try Self.object(bytes)
    if let unknown = object.members.keys.filter({ $0 != "reason" }).min() {
      throw Problem(.invalidRequest, "The body's member '\(Self.shown(unknown))' isn't known; there is only 'reason'.")
    }
    switch object.members["reason"] {
    case nil: reason = nil
    case .string(let text): reason = text
    default: throw Problem(.invalidRequest, "The body's member 'reason' has to be a string.")
    }
    if let repeated = RepeatedMember(in: bytes) {
      throw Problem(.invalidRequest, "The body's member '\(repeated.name)' stands more than once.")
    }
    // `{"reason": "x",}`: the decoder forgives the comma, RFC 8259 doesn't.
    guard !Self.hasComma(bytes) else {
      throw Problem(.invalidRequest, "The body isn't a JSON object such as {\"reason\": \"CHG-1234\"}.")
    }
  }

  private static func object(_ bytes: [UInt8]) throws(Problem) -> StrictObject {
    // The decoder would also take UTF-16 and UTF-32, which RFC 8259 section 8.1 doesn't: those have zero bytes or a
    // byte order mark.
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0),
      text.unicodeScalars.first != "\u{FEFF}"
    else { throw Problem(.invalidRequest, "The body isn't UTF-8.") }
    do {
      return try JSONDecoder().decode(StrictObject.self, from: Data(bytes))
    } catch {
      throw Problem(.invalidRequest, "The body isn't a JSON object such as {\"reason\": \"CHG-1234\"}.")
    }
  }

  /// Whether there is a comma in an object that is known to be valid and flat, outside its strings.
  private static func hasComma(_ bytes: [UInt8]) -> Bool {
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = isInString
      case UInt8(ascii: "\""): isInString.toggle()
      case UInt8(ascii: ",") where !isInString: return true
      default: break
      }
    }
    return false
  }

  /// A name that a caller sent, fit to be shown.
  private static func shown(_ name: String) -> String {
    Redaction.redact(name, limit: 64)
  }
}
