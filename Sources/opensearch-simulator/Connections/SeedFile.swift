import GatewayCore

/// The connections and faults that the simulator starts with.
///
/// A seed file is valid if and only if it is a JSON list of objects in the form of AWS's `InboundConnection`, each with at
/// least `ConnectionId` and `ConnectionStatus.StatusCode`, no id twice, and nothing unknown in them but `Fault`. A member
/// that isn't known is an error, since it is more likely a typing error than meant to do nothing.
enum SeedFile {
  /// What a seed file holds.
  struct Content: Sendable {
    var connections: [InboundConnection] = []
    var faults: [Fault] = []
  }

  /// - Throws: `StartError`, which names the connection and the member at fault.
  static func read(_ path: String) throws(StartError) -> Content {
    let text = try TextFile.read(path, flag: "--seed")
    do {
      return try content(Array(text.utf8))
    } catch {
      throw StartError("--seed \(path)", error.reason)
    }
  }

  private static func content(_ bytes: [UInt8]) throws(ShapeError) -> Content {
    guard case .array(let entries) = try Shape.value(bytes) else {
      throw ShapeError("it has to be a list of connections")
    }
    var content = Content()
    var ids: Set<ConnectionID> = []
    for (index, entry) in entries.enumerated() {
      let place = "connection \(index + 1)"
      let shape = try Shape(entry, at: place)
      let connection = try connection(shape, at: place)
      guard ids.insert(connection.id).inserted else {
        throw ShapeError("\(place): the id \(connection.id) stands twice")
      }
      content.connections.append(connection)
      if let fault = shape.value("Fault") {
        content.faults.append(try FaultReader.fault(fault, at: "\(place): 'Fault'", owner: connection.id))
      }
    }
    return content
  }

  private static func connection(_ shape: Shape, at place: String) throws(ShapeError) -> InboundConnection {
    try shape.allow(
      only: ["ConnectionId", "LocalDomainInfo", "RemoteDomainInfo", "ConnectionStatus", "ConnectionMode", "Fault"])
    guard let id = try shape.string("ConnectionId").flatMap({ ConnectionID($0) }) else {
      throw ShapeError("\(place): 'ConnectionId' has to be 10 to 256 characters of [a-z][a-z0-9-]*")
    }
    let status = try shape.shape("ConnectionStatus")
    try status?.allow(only: ["StatusCode", "Message"])
    guard let statusCode = try status?.string("StatusCode"), !statusCode.isEmpty else {
      throw ShapeError("\(place): 'ConnectionStatus' has to be an object with a 'StatusCode'")
    }
    return InboundConnection(
      id: id, local: try domain(shape.shape("LocalDomainInfo")), remote: try domain(shape.shape("RemoteDomainInfo")),
      status: statusCode, statusMessage: try status?.string("Message"), mode: try shape.string("ConnectionMode"))
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
