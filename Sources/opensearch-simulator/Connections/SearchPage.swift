import GatewayCore

/// One page of a search (AWS API reference: `DescribeInboundConnectionsOutput`).
struct SearchPage: Sendable {
  let connections: [InboundConnection]
  /// There only if there are more.
  let nextToken: PageToken?

  var json: JSON {
    .object([
      ("Connections", .array(connections.map(\.json))),
      ("NextToken", nextToken.map { .string($0.text) }),
    ])
  }
}
