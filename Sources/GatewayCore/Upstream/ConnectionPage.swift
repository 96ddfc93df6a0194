/// One page of AWS's list of inbound connections.
package struct ConnectionPage: Sendable, Equatable {
  package let connections: [Connection]
  /// AWS's own; `nil` on the last page.
  package let nextToken: String?

  package init(connections: [Connection], nextToken: String? = nil) {
    self.connections = connections
    self.nextToken = nextToken
  }
}
