import IPAddresses

/// The origin of a web page, exactly as browsers write it into `Origin` (RFC 6454, section 6.2; WHATWG URL for the host):
/// `https://tools.example.com`, `http://localhost:3000`.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
  package let description: String

  private static let defaultPorts = ["http": 80, "https": 443]

  /// - Throws: `OriginError` for any other text, also for another spelling of an origin: browsers wouldn't send it, so it
  ///   would never match.
  package init(_ text: String) throws(OriginError) {
    switch text {
    case "*": throw OriginError("'*' isn't taken: name each origin that may call")
    case "null": throw OriginError("'null' isn't taken: any page can be sent with it, from a file or a sandboxed frame")
    default: break
    }
    guard let normal = Self.normalForm(of: text) else {
      throw OriginError(
        "'\(text)' has to be http:// or https://, a host and, unless it is the scheme's own, a port, such as "
          + "https://tools.example.com or http://localhost:3000")
    }
    guard text == normal else {
      throw OriginError("'\(text)' never comes from a browser, which writes \(normal); write that")
    }
    description = text
  }

  /// How browsers write the origin of the URL `text`; `nil` if it has none that can be named here.
  private static func normalForm(of text: String) -> String? {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    let text = text.lowercased()
    guard let scheme = defaultPorts.keys.first(where: { text.hasPrefix("\($0)://") }) else { return nil }
    let authority = text.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) }
    // The colons of an IPv6 address stand in brackets.
    let colon = authority.lastIndex(of: ":").flatMap { authority[$0...].contains("]") ? nil : $0 }
    guard let host = normalForm(ofHost: authority[..<(colon ?? authority.endIndex)]) else { return nil }
    guard let colon, colon != authority.indices.last else { return "\(scheme)://\(host)" }
    let digits = authority[authority.index(after: colon)...]
    guard digits.utf8.allSatisfy(\.isASCIIDigit), let port = Int(digits), (1...65_535).contains(port) else {
      return nil
    }
    return port == defaultPorts[scheme] ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
  }

  private static func normalForm(ofHost host: Substring) -> String? {
    if host.hasPrefix("["), host.hasSuffix("]") {
      let address = IPAddress(host.dropFirst().dropLast())
      // Browsers have no dots in IPv6; where we would write some, the address is no one's.
      return address.flatMap { $0.bytes.count == 16 && !$0.description.contains(".") ? "[\($0)]" : nil }
    }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard let last = labels.last, host.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.utf8.count) }),
      host.utf8.allSatisfy({ $0.isASCIILowercase || $0.isASCIIDigit || $0.isOne(of: ".-_") })
    else { return nil }
    // What ends in a number is an IPv4 address to a browser, and written in full.
    let isNumber = last.utf8.allSatisfy(\.isASCIIDigit) || last.hasPrefix("0x")
    return isNumber ? IPAddress(host).map(\.description) : String(host)
  }
}
