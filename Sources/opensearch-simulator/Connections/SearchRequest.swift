import GatewayCore

/// What is searched for (AWS API reference: `DescribeInboundConnectionsInput`).
struct SearchRequest: Sendable {
  let filters: [ConnectionFilter]
  /// The page's length, 1 to 100.
  let maxResults: Int
  /// How many matching connections stand before the page.
  let start: Int

  private static let largestPage = 100

  /// Reads the body. No body is an empty request.
  ///
  /// - Throws: `SerializationException`, `ValidationException`, `InvalidPaginationTokenException`.
  init(body: [UInt8]) throws(AWSError) {
    // What AWS doesn't know it ignores.
    let shape = try AWSError.ifMisshapen { () throws(ShapeError) in
      try Shape(Shape.value(body.isEmpty ? Array("{}".utf8) : body), at: "the body")
    }
    maxResults = try Self.maxResults(shape)
    filters = try Self.filters(shape)
    start = try Self.start(shape)
  }

  /// Whether the connection passes every filter.
  func matches(_ connection: InboundConnection) -> Bool {
    filters.allSatisfy { $0.matches(connection) }
  }

  private static func maxResults(_ shape: Shape) throws(AWSError) -> Int {
    let wanted = try AWSError.ifMisshapen { () throws(ShapeError) in
      try shape.integer("MaxResults", in: .min ... .max) ?? 0
    }
    guard (0...largestPage).contains(wanted) else {
      throw .validation("'\(wanted)' at 'maxResults'", "Member must be from 0 to \(largestPage)")
    }
    return wanted == 0 ? largestPage : wanted
  }

  private static func filters(_ shape: Shape) throws(AWSError) -> [ConnectionFilter] {
    let filters = try AWSError.ifMisshapen { () throws(ShapeError) in
      try (shape.list("Filters") ?? []).map { value throws(ShapeError) in try Shape(value, at: "a filter") }
    }
    return try filters.map { filter throws(AWSError) in try ConnectionFilter(filter) }
  }

  private static func start(_ shape: Shape) throws(AWSError) -> Int {
    let text = try AWSError.ifMisshapen { () throws(ShapeError) in try shape.string("NextToken") }
    guard let text else { return 0 }
    guard let token = PageToken(text) else { throw .invalidPaginationToken }
    return token.start
  }
}
