import GatewayCore

/// What is searched for (AWS API reference: `DescribeInboundConnectionsInput`).
struct SearchRequest: Sendable {
  let filters: [ConnectionFilter]
  /// The longest that the page may be, 1 to 100.
  let maxResults: Int
  /// As it came; whether it is a token is seen later.
  let nextToken: String?

  private static let largestPage = 100

  /// Reads the body. No body is an empty request.
  ///
  /// - Throws: `SerializationException`, `ValidationException`.
  init(body: [UInt8]) throws(AWSError) {
    // What AWS doesn't know it ignores.
    let shape = try AWSError.ifMisshapen { () throws(ShapeError) in
      try Shape(Shape.value(body.isEmpty ? Array("{}".utf8) : body), at: "the body")
    }
    maxResults = try Self.maxResults(shape)
    filters = try Self.filters(shape)
    nextToken = try AWSError.ifMisshapen { () throws(ShapeError) in try shape.string("NextToken") }
  }

  /// Whether the connection passes every filter.
  func matches(_ connection: InboundConnection) -> Bool {
    filters.allSatisfy { $0.matches(connection) }
  }

  /// Whether it is a look-up of this connection, perhaps among others.
  func asks(for id: ConnectionID) -> Bool {
    filters.contains { $0.name == .connectionID && $0.values.contains(id.description) }
  }

  private static func maxResults(_ shape: Shape) throws(AWSError) -> Int {
    let wanted = try AWSError.ifMisshapen { () throws(ShapeError) in
      try shape.integer("MaxResults", in: .min ... .max) ?? largestPage
    }
    guard wanted >= 1 else {
      throw .validation("'\(wanted)' at 'maxResults'", "Member must have value greater than or equal to 1")
    }
    guard wanted <= largestPage else {
      throw .validation("'\(wanted)' at 'maxResults'", "Member must have value less than or equal to \(largestPage)")
    }
    return wanted
  }

  private static func filters(_ shape: Shape) throws(AWSError) -> [ConnectionFilter] {
    let filters = try AWSError.ifMisshapen { () throws(ShapeError) in
      try (shape.list("Filters") ?? []).map { value throws(ShapeError) in try Shape(value, at: "a filter") }
    }
    return try filters.map { filter throws(AWSError) in try ConnectionFilter(filter) }
  }
}
