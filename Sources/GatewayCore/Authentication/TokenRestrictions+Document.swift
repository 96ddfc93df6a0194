import IPAddresses

/// How the restrictions stand in the tokens file: `"connections": ["prefix-*"]`, `"from": ["10.0.0.0/8"]`, `"rate": "10/20"`
/// (or `"off"`), each of them only where there is one.
extension TokenRestrictions {
  static let memberNames: Set<String> = ["connections", "from", "rate"]

  /// Reads them from a token's members.
  init(_ token: StrictObject, in place: String) throws(TokensDocumentError) {
    let connections = try Self.list(
      token.members["connections"], "\(place): 'connections' has to be a list of \(ConnectionPattern.rule), not empty",
      ConnectionPattern.init)
    let from = try Self.list(
      token.members["from"], "\(place): 'from' has to be a list of addresses and ranges such as 10.0.0.0/8, not empty"
    ) { AddressRange($0) }
    var rate = TokenRate.standard
    if let value = token.members["rate"] {
      guard case .string(let text) = value, let read = TokenRate(text) else {
        throw TokensDocumentError("\(place): 'rate' has to be a rate such as \"10/20\", or \"off\"")
      }
      rate = read
    }
    self.init(connections: connections, from: from, rate: rate)
  }

  /// As they are written, and as `token list --json` has them.
  package var members: [(String, JSON?)] {
    [
      ("connections", connections.map { .array($0.map { .string($0.description) }) }),
      ("from", from.map { .array($0.map { .string($0.description) }) }),
      ("rate", rate == .standard ? nil : .string(rate.description)),
    ]
  }

  /// An empty list is refused: whether it stands for nothing or for everything would be a guess.
  private static func list<Element>(
    _ value: StrictValue?, _ complaint: String, _ read: (String) -> Element?
  ) throws(TokensDocumentError) -> [Element]? {
    guard let value else { return nil }
    guard case .array(let values) = value, !values.isEmpty else { throw TokensDocumentError(complaint) }
    var list: [Element] = []
    for value in values {
      guard case .string(let text) = value, let element = read(text) else { throw TokensDocumentError(complaint) }
      list.append(element)
    }
    return list
  }
}
