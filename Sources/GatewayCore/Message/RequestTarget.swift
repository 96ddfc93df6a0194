/// The request target in origin form, exactly as it stood on the request line (RFC 9112, section 3.2.1).
///
/// Nothing is ever decoded: what isn't spelled plainly matches no route and is no id.
package struct RequestTarget: Sendable, Equatable {
  package let path: String
  /// What follows the first `?`, or `nil` where there is none.
  package let query: String?

  package init(_ text: String) {
    let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(halves[0])
    query = halves.count > 1 ? String(halves[1]) : nil
  }
}
