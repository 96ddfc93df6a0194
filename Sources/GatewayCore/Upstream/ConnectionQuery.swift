/// Which inbound connections are looked up.
package struct ConnectionQuery: Sendable, Equatable {
  /// The longest value that AWS takes in a filter (`NonEmptyString` in its model); ids may be longer.
  private static let longestFilterValue = 100
  /// AWS's largest page.
  private static let largestPage = 100

  /// The one connection that is looked for, on as many pages as it takes.
  package let connectionID: ConnectionID?
  /// AWS's filters, name and value.
  package let filters: [(name: String, value: String)]
  /// 1–100.
  package let maxResults: Int
  /// AWS's own, from the page before.
  package let nextToken: String?

  package init(
    filters: [(name: String, value: String)], maxResults: Int, nextToken: String? = nil,
    lookingFor connectionID: ConnectionID? = nil
  ) {
    self.filters = filters
    self.maxResults = maxResults
    self.nextToken = nextToken
    self.connectionID = connectionID
  }

  /// The one connection with this id. One that is too long for a filter is looked for among all.
  package init(_ connectionID: ConnectionID) {
    let id = connectionID.description
    let isFilter = id.utf8.count <= Self.longestFilterValue
    self.init(
      filters: isFilter ? [("connection-id", id)] : [], maxResults: isFilter ? 1 : Self.largestPage,
      lookingFor: connectionID)
  }

  /// The same, on the page that the token leads to.
  package func page(after nextToken: String) -> ConnectionQuery {
    ConnectionQuery(filters: filters, maxResults: maxResults, nextToken: nextToken, lookingFor: connectionID)
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.connectionID == right.connectionID && left.maxResults == right.maxResults && left.nextToken == right.nextToken
      && left.filters.elementsEqual(right.filters, by: ==)
  }
}
