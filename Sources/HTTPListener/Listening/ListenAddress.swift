/// Where to listen: `HOST:PORT` or `[IPv6]:PORT`, `unix:PATH`, or `fd:N`, a socket that another process has opened.
package enum ListenAddress: Sendable, Equatable, CustomStringConvertible {
  /// Port 0 means any free one.
  case tcp(host: String, port: UInt16)
  case unix(path: String)
  case inherited(descriptor: Int32)

  /// What systemd passes begins here, behind standard input, output and error (sd_listen_fds(3)).
  package static let firstInherited: Int32 = 3

  package init(host: String, port: UInt16) {
    self = .tcp(host: host, port: port)
  }

  /// `nil` if the text is none of the three: no host or no port from 0 to 65535, a path that isn't absolute, or a
  /// descriptor that isn't a number from 3 on.
  package init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = text.dropFirst("unix:".count)
      guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.utf8.contains(0) else { return nil }
      self = .unix(path: String(path))
    } else if text.hasPrefix("fd:") {
      guard let number = Self.number(text.dropFirst("fd:".count)), let descriptor = Int32(exactly: number),
        descriptor >= Self.firstInherited
      else { return nil }
      self = .inherited(descriptor: descriptor)
    } else {
      guard let (host, port) = Self.hostAndPort(text) else { return nil }
      self = .tcp(host: host, port: port)
    }
  }

  /// `nil` where there is none.
  package var host: String? {
    if case .tcp(let host, _) = self { host } else { nil }
  }

  /// `nil` where there is none.
  package var port: UInt16? {
    if case .tcp(_, let port) = self { port } else { nil }
  }

  package var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    case .inherited(let descriptor): "fd:\(descriptor)"
    }
  }

  private static func hostAndPort(_ text: String) -> (host: String, port: UInt16)? {
    guard let colon = text.lastIndex(of: ":"), let number = number(text[text.index(after: colon)...]),
      let port = UInt16(exactly: number)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    // `[[::1]]:80` would be written as something else than was read.
    guard !host.isEmpty, !host.contains(where: { "[]".contains($0) }) else { return nil }
    return (String(host), port)
  }

  /// Digits alone: `Int` would take a sign.
  private static func number(_ digits: Substring) -> Int? {
    digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(digits) : nil
  }
}
