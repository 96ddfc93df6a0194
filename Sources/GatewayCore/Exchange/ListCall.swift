/// A call to `GET /connections` that is well-formed and allowed.
package struct ListCall: AuditedCall {
  /// How many connections a page has at the most, where the caller doesn't say.
  private static let defaultLimit = 100

  package let request: Request
  package let caller: Caller
  /// The token's own: the page has the connections alone that it is for.
  let restrictions: TokenRestrictions
  /// The gateway's own filter; AWS has none for it.
  package let status: String?
  /// AWS's filters.
  package let filters: [(name: String, value: String)]
  package let limit: Int
  /// AWS's token, from the page before.
  package let nextToken: String?

  package var connectionID: ConnectionID? { nil }
  package var action: AuditAction { .list }
  package var reason: String? { nil }

  /// - Throws: `invalid_request`, naming the parameter.
  package init(
    _ request: Request, caller: Caller, restrictions: TokenRestrictions
  ) throws(Problem) {
    let query = try QueryParameters(
      request.target.query, allowed: ["status", "localDomain", "remoteDomain", "limit", "cursor"])
    let status = try Self.text(query, "status", upTo: 64)
    let local = try Self.text(query, "localDomain", upTo: 28)
    let remote = try Self.text(query, "remoteDomain", upTo: 28)
    self.request = request
    self.caller = caller
    self.restrictions = restrictions
    self.status = status
    filters = [
      ("local-domain-info.domain-name", local), ("remote-domain-info.domain-name", remote),
    ].compactMap { name, value in value.map { (name, $0) } }
    limit = try Self.limit(query["limit"])
    nextToken = try query["cursor"].map { text throws(Problem) in
      try Cursor(text, madeFor: Self.fingerprint(status, local, remote)).nextToken
    }
  }

  /// Whether the connection belongs into the answer. AWS's own filters have been applied already.
  func shows(_ connection: Connection) -> Bool {
    (status == nil || connection.status == status) && restrictions.allows(connection: connection.id)
  }

  /// The cursor for the page after.
  package func cursor(after nextToken: String) -> Cursor {
    let value = { name in self.filters.first { $0.name.hasPrefix(name) }?.value }
    return Cursor(nextToken: nextToken, madeFor: Self.fingerprint(status, value("local-"), value("remote-")))
  }

  /// What a cursor is good for: the same filters.
  private static func fingerprint(_ parts: String?...) -> String {
    parts.map { $0 ?? "" }.joined(separator: "\n")
  }

  private static func text(_ query: QueryParameters, _ name: String, upTo length: Int) throws(Problem) -> String? {
    guard let value = query[name] else { return nil }
    guard value.utf8.count <= length, value.utf8.allSatisfy({ $0.isASCIIAlphanumeric || $0.isOne(of: "_-") }) else {
      throw Problem(
        .invalidRequest, "The query parameter '\(name)' has characters that can't be in it, or is too long.")
    }
    return value
  }

  private static func limit(_ text: String?) throws(Problem) -> Int {
    guard let text else { return defaultLimit }
    guard text.utf8.allSatisfy(\.isASCIIDigit), let limit = Int(text), (1...100).contains(limit) else {
      throw Problem(.invalidRequest, "The query parameter 'limit' has to be a number from 1 to 100.")
    }
    return limit
  }
}
