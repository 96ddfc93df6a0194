package import GatewayCore
package import HTTPTypes
package import IPAddresses

/// The proxies whose `X-Forwarded-For` is believed.
package struct TrustedProxies: Sendable {
  private let ranges: [AddressRange]

  package init(_ ranges: [AddressRange] = []) {
    self.ranges = ranges
  }

  /// Who the caller is.
  ///
  /// The list is read from the right, where the nearest proxy wrote. Each entry counts only because the address right
  /// of it is trusted; the first that isn't trusted is the client, and what stands left of it anyone could have written.
  package func client(peer: IPAddress?, fields: HTTPFields) -> Client {
    guard let peer else { return Client(address: "unix", peer: "unix") }
    var address = peer
    var entries = fields[values: .xForwardedFor].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
    while isTrusted(address), let entry = entries.popLast() {
      // Not an address: the trusted proxy's own word ends here, so the last one it vouched for stays.
      guard let next = IPAddress(entry.trimmed) else { break }
      address = next
    }
    return Client(address: address.description, peer: peer.description)
  }

  func isTrusted(_ address: IPAddress) -> Bool {
    ranges.contains { $0.contains(address) }
  }
}
