import Glibc
import Threads

/// An IPv4 or IPv6 address.
struct HostAddress: Sendable, Equatable {
  /// 4 or 16 bytes, in the network's order.
  let bytes: [UInt8]

  /// As it stands in a URL: `127.0.0.1`, `[::1]`.
  let urlHost: String

  /// Reads `127.0.0.1`, `::1` or `[::1]`; `nil` for anything else, a name or a zone among them.
  init?(_ text: String) {
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
    let literal = isBracketed ? String(text.dropFirst().dropLast()) : text
    if !isBracketed, let bytes = Self.bytes(literal, AF_INET, count: 4) {
      self.bytes = bytes
      urlHost = literal
    } else if let bytes = Self.bytes(literal, AF_INET6, count: 16) {
      self.bytes = bytes
      urlHost = "[\(literal)]"
    } else {
      return nil
    }
  }

  private static func bytes(_ text: String, _ family: Int32, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return inet_pton(family, text, &bytes) == 1 ? bytes : nil
  }

  /// The addresses of a host name, as the system's resolver knows them; empty if there are none.
  static func resolve(_ name: String) async -> [HostAddress] {
    // The resolver blocks.
    (try? await Blocking.run { lookUp(name) }) ?? []
  }

  private static func lookUp(_ name: String) -> [HostAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
    defer { freeaddrinfo(first) }
    var addresses: [HostAddress] = []
    var next = first
    while let entry = next?.pointee {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let result = getnameinfo(
        entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      // One that can't be told is one that isn't allowed, so it must not be dropped.
      guard result == 0,
        let address = HostAddress(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
      else { return [] }
      addresses.append(address)
      next = entry.ai_next
    }
    return addresses
  }
}
