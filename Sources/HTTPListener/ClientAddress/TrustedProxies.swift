package import GatewayCore
package import HTTPTypes
package import IPAddresses

/// The proxies that are believed when they say who called them, in `X-Forwarded-For` or `Forwarded` (RFC 7239).
package struct TrustedProxies: Sendable {
  /// What stands for the peer of a UNIX socket, which has no address.
  package static let unixSocket = "unix"

  private let ranges: [AddressRange]
  private let trustsUNIXSocket: Bool

  package init(_ ranges: [AddressRange] = [], trustsUNIXSocket: Bool = false) {
    self.ranges = ranges
    self.trustsUNIXSocket = trustsUNIXSocket
  }

  /// The client when only its peer is to be believed.
  ///
  /// - Parameter peer: `nil` for that of a UNIX socket.
  package static func client(_ peer: IPAddress?) -> Client {
    let name = name(peer)
    return Client(address: name, peer: name)
  }

  /// Who the caller is.
  ///
  /// Where both headers come, both are read: a proxy that sets only one of them passes on what the caller wrote into the
  /// other, and nobody can tell which one that is.
  ///
  /// - Parameter peer: `nil` for that of a UNIX socket.
  /// - Throws: if the two headers name different clients, or `Forwarded` isn't well-formed. What a peer sends that isn't
  ///   trusted is never looked at.
  package func client(peer: IPAddress?, fields: HTTPFields) throws(FramingViolation) -> Client {
    guard isTrusted(peer) else { return Self.client(peer) }
    let (list, elements) = (fields[values: .xForwardedFor], fields[values: .forwarded])
    let listed = list.isEmpty ? nil : client(behind: peer, ForwardedForField.hops(list))
    let element = elements.isEmpty ? nil : client(behind: peer, try ForwardedField.hops(elements).reversed())
    guard listed == nil || element == nil || listed == element else {
      throw FramingViolation(
        "X-Forwarded-For and Forwarded name different clients. The proxy has to set both, or to take out the one that it "
          + "doesn't set.")
    }
    return Client(address: listed ?? element ?? Self.name(peer), peer: Self.name(peer))
  }

  /// The first address from the right that isn't trusted.
  ///
  /// Each hop counts only because the address right of it is trusted; what stands left of the client anyone could have
  /// written. Where a trusted proxy doesn't name an address, its own word ends: the last one vouched for stays.
  ///
  /// - Parameter hops: from right to left; `nil` where no address is named.
  private func client(behind peer: IPAddress?, _ hops: some Sequence<IPAddress?>) -> String {
    var address = peer
    for hop in hops {
      guard isTrusted(address), let hop else { break }
      address = hop
    }
    return Self.name(address)
  }

  /// - Parameter address: `nil` for the peer of a UNIX socket.
  func isTrusted(_ address: IPAddress?) -> Bool {
    address.map { address in ranges.contains { $0.contains(address) } } ?? trustsUNIXSocket
  }

  private static func name(_ address: IPAddress?) -> String {
    address?.description ?? unixSocket
  }
}
