/// The id of a cross-cluster connection: 10–256 characters of `[a-z][a-z0-9-]*`.
///
/// AWS's model leaves the pattern unanchored; here it is anchored, so that no id can change the path it is put into.
package struct ConnectionID: Sendable, Hashable, CustomStringConvertible {
  package let description: String

  /// `nil` for anything that isn't exactly an id. Percent-encoded text never is.
  package init?(_ text: some StringProtocol) {
    let text = String(text)
    guard (10...256).contains(text.utf8.count), let first = text.utf8.first, first.isASCIILowercase,
      text.allBytes({ $0.isASCIILowercase || $0.isASCIIDigit || $0 == UInt8(ascii: "-") })
    else { return nil }
    description = text
  }
}
