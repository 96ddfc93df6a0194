/// Which inbound connections are looked up.
package struct ConnectionQuery: Sendable, Equatable {
  /// AWS's filters, name and value.
  package let filters: [(name: String, value: String)]
  /// 1–100.
  package let maxResults: Int
  /// AWS's own, from the page before.
  package let nextToken: String?

  package init(filters: [(name: String, value: String)], maxResults: Int, nextToken: String? = nil) {
    self.filters = filters
    self.maxResults = maxResults
    self.nextToken = nextToken
  }

  /// The one connection with this id.
  package init(_ connectionID: ConnectionID) {
    self.init(filters: [("connection-id", connectionID.description)], maxResults: 1)
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.maxResults == right.maxResults && left.nextToken == right.nextToken
      && left.filters.elementsEqual(right.filters, by: ==)
  }
}
