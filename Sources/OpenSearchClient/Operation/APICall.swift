import GatewayCore

/// A call of the control plane's API, before it is signed.
struct APICall: Sendable {
  let operation: Attempt.Operation
  let method: String
  /// Below the endpoint's base path.
  let path: String
  let contentType: String?
  let body: [UInt8]

  private static let root = "/2021-01-01/opensearch/cc/inboundConnection"

  /// `RejectInboundConnection`.
  static func reject(_ connectionID: ConnectionID) -> APICall {
    APICall(operation: .reject, method: "PUT", path: "\(root)/\(connectionID)/reject", contentType: nil, body: [])
  }

  /// `DescribeInboundConnections`.
  static func describe(_ query: ConnectionQuery) -> APICall {
    let filters = query.filters.map { name, value in
      JSON.object([("Name", .string(name)), ("Values", .array([.string(value)]))])
    }
    let body = JSON.object([
      ("Filters", filters.isEmpty ? nil : .array(filters)),
      ("MaxResults", .integer(Int64(query.maxResults))),
      ("NextToken", query.nextToken.map(JSON.string)),
    ])
    return APICall(
      operation: .lookUp, method: "POST", path: "\(root)/search", contentType: "application/json", body: body.bytes)
  }
}
