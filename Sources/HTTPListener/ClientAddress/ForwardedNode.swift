import GatewayCore
import IPAddresses

/// Who a proxy says it was called by (RFC 7239, section 6).
///
///     node     = nodename [ ":" node-port ]
///     nodename = IPv4address / "[" IPv6address "]" / "unknown" / obfnode
///     node-port = 1*5DIGIT / obfport
///
/// `obfnode` and `obfport` are `_` and one or more letters, digits, `.`, `_` and `-`.
enum ForwardedNode: Equatable {
  case address(IPAddress)
  /// The proxy doesn't know it, or doesn't tell.
  case hidden

  /// `nil` if the text isn't a node.
  init?(_ text: Substring) {
    let isBracketed = text.first == "["
    let end = text.firstIndex(of: isBracketed ? "]" : ":") ?? text.endIndex
    guard !isBracketed || end < text.endIndex else { return nil }
    let name = isBracketed ? text[..<end].dropFirst() : text[..<end]
    let rest = isBracketed ? text[end...].dropFirst() : text[end...]
    guard rest.isEmpty || (rest.first == ":" && Self.isPort(rest.dropFirst())) else { return nil }
    // Brackets are for IPv6 addresses, and those are never without.
    if let address = IPAddress(name), name.contains(":") == isBracketed {
      self = .address(address)
    } else if !isBracketed, name.lowercased() == "unknown" || Self.isObfuscated(name) {
      self = .hidden
    } else {
      return nil
    }
  }

  private static func isPort(_ text: Substring) -> Bool {
    ((1...5).contains(text.utf8.count) && text.utf8.allSatisfy(\.isASCIIDigit)) || isObfuscated(text)
  }

  private static func isObfuscated(_ text: Substring) -> Bool {
    text.utf8.count > 1 && text.utf8.first == UInt8(ascii: "_")
      && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: "._-") }
  }
}
