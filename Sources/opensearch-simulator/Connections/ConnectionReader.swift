import GatewayCore

/// Reads a connection in the form of AWS's `InboundConnection`, with at least `ConnectionStatus.StatusCode`, and nothing
/// unknown in it. A member that isn't known is an error, since it is more likely a typing error than meant to do nothing.
enum ConnectionReader {
  /// Reads one.
  ///
  /// - Parameters:
  ///   - id: the id it has to have; `nil` if it says so itself.
  ///   - others: members that aren't AWS's and are read elsewhere.
  static func connection(
    _ shape: Shape, at place: String, id: ConnectionID? = nil, besides others: [String] = []
  ) throws(ShapeError) -> InboundConnection {
    try shape.allow(
      only: ["ConnectionId", "LocalDomainInfo", "RemoteDomainInfo", "ConnectionStatus", "ConnectionMode"] + others)
    let status = try shape.shape("ConnectionStatus")
    try status?.allow(only: ["StatusCode", "Message"])
    let id = try connectionID(shape, at: place, id: id)
    guard let statusCode = try status?.string("StatusCode"), !statusCode.isEmpty else {
      throw ShapeError("\(place): 'ConnectionStatus' has to be an object with a 'StatusCode'")
    }
    return InboundConnection(
      id: id, local: try domain(shape.shape("LocalDomainInfo")), remote: try domain(shape.shape("RemoteDomainInfo")),
      status: statusCode, statusMessage: try status?.string("Message"), mode: try shape.string("ConnectionMode"))
  }

  private static func connectionID(
    _ shape: Shape, at place: String, id: ConnectionID?
  ) throws(ShapeError) -> ConnectionID {
    let text = try shape.string("ConnectionId")
    if text == nil, let id { return id }
    guard let own = text.flatMap({ ConnectionID($0) }) else {
      throw ShapeError("\(place): 'ConnectionId' has to be 10 to 256 characters of [a-z][a-z0-9-]*")
    }
    guard id == nil || id == own else { throw ShapeError("\(place): 'ConnectionId' isn't the id of the path") }
    return own
  }

  private static func domain(_ container: Shape?) throws(ShapeError) -> DomainInformation? {
    try container?.allow(only: ["AWSDomainInformation"])
    guard let domain = try container?.shape("AWSDomainInformation") else { return nil }
    try domain.allow(only: ["OwnerId", "DomainName", "Region"])
    return DomainInformation(
      ownerID: try domain.string("OwnerId"), domainName: try domain.string("DomainName"),
      region: try domain.string("Region"))
  }
}
