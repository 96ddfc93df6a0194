import GatewayCore

/// The connections and faults that the simulator starts with.
///
/// A seed file is valid if and only if it is a JSON list of connections as `ConnectionReader` reads them, no id twice, and
/// nothing unknown in them but `Fault`.
enum SeedFile {
  /// What a seed file holds.
  struct Content: Sendable {
    var connections: [InboundConnection] = []
    var faults: [Fault] = []
  }

  /// - Throws: `StartError`, which names the connection and the member at fault.
  static func read(_ path: String, faults: FaultReader) throws(StartError) -> Content {
    let text = try TextFile.read(path, flag: "--seed")
    do {
      return try content(Array(text.utf8), faults)
    } catch {
      throw StartError("--seed \(path)", error.reason)
    }
  }

  private static func content(_ bytes: [UInt8], _ faults: FaultReader) throws(ShapeError) -> Content {
    guard case .array(let entries) = try Shape.value(bytes) else {
      throw ShapeError("it has to be a list of connections")
    }
    var content = Content()
    var ids: Set<ConnectionID> = []
    for (index, entry) in entries.enumerated() {
      let place = "connection \(index + 1)"
      let shape = try Shape(entry, at: place)
      let connection = try ConnectionReader.connection(shape, at: place, besides: ["Fault"])
      guard ids.insert(connection.id).inserted else {
        throw ShapeError("\(place): the id \(connection.id) stands twice")
      }
      content.connections.append(connection)
      if let fault = shape.value("Fault") {
        content.faults.append(try faults.fault(fault, at: "\(place): 'Fault'", owner: connection.id))
      }
    }
    return content
  }
}
