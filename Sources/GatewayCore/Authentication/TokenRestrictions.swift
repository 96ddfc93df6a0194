package import IPAddresses

/// What a token is kept from, beside what its scopes leave out.
package struct TokenRestrictions: Sendable, Equatable {
  package static let none = TokenRestrictions()

  /// The connections that it may be used for, never empty; `nil` for any.
  package let connections: [ConnectionPattern]?
  /// Where it may be used from, never empty; `nil` for anywhere.
  package let from: [AddressRange]?
  package let rate: TokenRate

  package init(
    connections: [ConnectionPattern]? = nil, from: [AddressRange]? = nil, rate: TokenRate = .standard
  ) {
    self.connections = connections
    self.from = from
    self.rate = rate
  }

  /// Whether the token may be used for the connection with this id.
  package func allows(connection id: String) -> Bool {
    connections?.contains { $0.matches(id) } ?? true
  }

  /// Whether the token may be used from this address. What isn't an internet address (`unix`) lies in no range.
  package func allows(address: String) -> Bool {
    guard let from else { return true }
    guard let address = IPAddress(address) else { return false }
    return from.contains { $0.contains(address) }
  }
}
