/// What a Host header may say: a name or an address, and a port if need be.
///
/// RFC 3986 allows a name many more characters than hosts have. What another reader might take for a user, a path or a
/// list isn't allowed here. (RFC 9112, 3.2: an invalid Host is answered with 400.)
enum HostField {
  /// Valid if and only if it is `HOST` or `HOST:PORT`; `HOST` being letters, digits and `.-_~`, or `[…]` with an IPv6
  /// address; `PORT` a number up to 65535, or nothing.
  static func isValid(_ value: String) -> Bool {
    let bytes = Array(value.utf8)
    let isAddress = bytes.first == UInt8(ascii: "[")
    let end =
      if isAddress { bytes.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? 0 } else {
        bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
      }
    return (isAddress ? isAddressInBrackets(bytes[..<end]) : isName(bytes[..<end])) && isPort(bytes[end...])
  }

  private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: ".-_~") }
  }

  /// `%` comes before a zone, which some clients leave in.
  private static func isAddressInBrackets(_ bytes: ArraySlice<UInt8>) -> Bool {
    let address = bytes.dropFirst().dropLast()
    return address.contains(UInt8(ascii: ":"))
      && address.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: ":.%-_~") }
  }

  /// With its colon, or nothing.
  private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let colon = bytes.first else { return true }
    let digits = bytes.dropFirst()
    guard colon == UInt8(ascii: ":"), digits.count <= 5, digits.allSatisfy(\.isASCIIDigit) else { return false }
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 65_535
  }
}
