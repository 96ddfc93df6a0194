/// Where a request came from.
package struct Client: Sendable, Equatable {
  /// The caller's address: the peer's, or the one a trusted proxy vouches for.
  package let address: String
  /// The address at the other end of the TCP connection.
  package let peer: String

  package init(address: String, peer: String) {
    self.address = address
    self.peer = peer
  }
}
