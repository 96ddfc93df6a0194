import GatewayCore

/// One page of a search (AWS API reference: `DescribeInboundConnectionsOutput`).
struct SearchPage: Sendable {
  let connections: [InboundConnection]
  /// There if there may be more.
  let nextToken: String?

  var json: JSON {
    .object([
      ("Connections", .array(connections.map(\.json))),
      ("NextToken", nextToken.map(JSON.string)),
    ])
  }
}
