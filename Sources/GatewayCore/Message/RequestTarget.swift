/// The request target in origin form, exactly as it stood on the request line (RFC 9112, section 3.2.1).
///
/// Nothing is ever decoded: what isn't spelled plainly matches no route and is no id.
package struct RequestTarget: Sendable, Equatable {
  package let path: String
  /// What follows the first `?`, or `nil` where there is none.
  package let query: String?

  package init(_ text: String) {
    // Bytes: to Swift, a question mark and a mark behind it are one character, and no question mark.
    let mark = text.utf8.firstIndex(of: UInt8(ascii: "?"))
    path = mark.map { String(text[..<$0]) } ?? text
    query = mark.map { String(text[text.utf8.index(after: $0)...]) }
  }
}
