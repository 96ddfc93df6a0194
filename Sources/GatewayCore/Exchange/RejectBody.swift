/// The optional body of a reject: `{}` or `{"reason": "…"}`.
struct RejectBody: Equatable {
  let reason: String?

  /// Reads the body.
  ///
  /// - Throws: `invalid_request`, naming the member at fault.
  init(_ bytes: [UInt8]) throws(Problem) {
    let members = try Self.members(bytes)
    if let unknown = members.map(\.name).filter({ $0 != "reason" }).min() {
      throw Problem(.invalidRequest, "The body's member '\(Self.shown(unknown))' isn't known; there is only 'reason'.")
    }
    switch members.first?.value {
    case nil: reason = nil
    case .string(let text): reason = text
    default: throw Problem(.invalidRequest, "The body's member 'reason' has to be a string.")
    }
    // RFC 8259, section 4, leaves open which of them would count.
    guard members.count <= 1 else {
      throw Problem(.invalidRequest, "The body's member 'reason' stands more than once.")
    }
  }

  private static func members(_ bytes: [UInt8]) throws(Problem) -> [JSON.Member] {
    // UTF-16 and UTF-32 have zero bytes or a byte order mark; RFC 8259, section 8.1, takes neither.
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw Problem(.invalidRequest, "The body isn't UTF-8.")
    }
    guard text.unicodeScalars.first != "\u{FEFF}" else {
      throw Problem(.invalidRequest, "The body begins with a byte order mark. Send it without.")
    }
    guard case .members(let members) = JSON(reading: bytes) else {
      throw Problem(.invalidRequest, "The body isn't a JSON object such as {\"reason\": \"CHG-1234\"}.")
    }
    return members
  }

  /// A name that a caller sent, fit to be shown.
  private static func shown(_ name: String) -> String {
    Redaction.redact(name, limit: 64)
  }
}
