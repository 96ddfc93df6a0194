import HTTPTypes

extension Authenticator {
  /// How many of a token's connections are named to its bearer.
  private static let namedConnections = 10

  /// Checks that the token may be used from where the call comes.
  ///
  /// - Throws: `insufficient_scope`. It doesn't name the token's networks: a thief would learn where to call from.
  package func authorize(_ entry: TokenEntry, from client: Client) throws(Problem) {
    guard !entry.restrictions.allows(address: client.address) else { return }
    throw insufficient(
      "The token '\(entry.name)' may not be used from this network. Call from where it may, or ask whoever runs the "
        + "gateway: its audit log names the address that it saw.")
  }

  /// Checks that the token may be used for the connection, if the call is for one.
  ///
  /// - Throws: `insufficient_scope`, and says which connections the token is for. It is thrown before AWS is asked, so it
  ///   doesn't tell whether there is such a connection.
  package func authorize(_ entry: TokenEntry, on connection: ConnectionID?) throws(Problem) {
    guard let connection, let patterns = entry.restrictions.connections,
      !entry.restrictions.allows(connection: connection.description)
    else { return }
    let named = patterns.prefix(Self.namedConnections).map(\.description).joined(separator: ", ")
    let others = patterns.count - Self.namedConnections
    throw insufficient(
      "The token '\(entry.name)' is only for these connections: \(named)\(others > 0 ? " and \(others) more" : ""). "
        + "Use one that may do this.")
  }

  private func insufficient(_ detail: String) -> Problem {
    Problem(
      .insufficientScope, detail, fields: [.wwwAuthenticate: "\(Self.realm), error=\"insufficient_scope\""])
  }
}
