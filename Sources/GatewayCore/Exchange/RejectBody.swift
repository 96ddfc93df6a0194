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
    let marks = Self.marks(bytes)
    // One known name, yet more than one member: which of the two would count is anybody's guess.
    guard marks.colons <= 1 else {
      throw Problem(.invalidRequest, "The body's member 'reason' stands more than once.")
    }
    // `{"reason": "x",}`: the decoder forgives the comma, RFC 8259 doesn't.
    guard marks.commas == 0 else {
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

  /// The members of an object that is known to be valid and flat.
  private static func marks(_ bytes: [UInt8]) -> (colons: Int, commas: Int) {
    var colons = 0
    var commas = 0
    var isInString = false
    var isEscaped = false
    for byte in bytes {
      switch byte {
      case _ where isEscaped: isEscaped = false
      case UInt8(ascii: "\\"): isEscaped = isInString
      case UInt8(ascii: "\""): isInString.toggle()
      case UInt8(ascii: ":") where !isInString: colons += 1
      case UInt8(ascii: ",") where !isInString: commas += 1
      default: break
      }
    }
    return (colons, commas)
  }

  /// A name that a caller sent, fit to be shown.
  private static func shown(_ name: String) -> String {
    Redaction.redact(name, limit: 64)
  }
}
