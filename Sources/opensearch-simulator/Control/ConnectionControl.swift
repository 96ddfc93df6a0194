import GatewayCore
import HTTPTypes

/// The control calls about one connection.
struct ConnectionControl: Sendable {
  let connections: ConnectionStore

  /// `nil` if there is no such call.
  func response(_ method: String, _ text: Substring, _ body: [UInt8]) throws(ShapeError) -> Response? {
    guard let id = ConnectionID(text) else { throw ShapeError("'\(text)' isn't a connection's id") }
    switch method {
    case "GET": break
    case "PUT":
      let shape = try Shape(Shape.value(body), at: "the connection")
      connections.put(try ConnectionReader.connection(shape, at: "the connection", id: id))
    case "DELETE":
      guard connections.remove(id) else { return .failure(.notFound, "There is no connection \(id).") }
    default: return nil
    }
    return .json(truth(of: id))
  }

  private func truth(of id: ConnectionID) -> JSON {
    let truth = connections.truth(of: id)
    return .object([
      ("ConnectionId", .string(id.description)),
      ("Connection", truth.connection?.json),
      (
        "rejects",
        .object([
          ("seen", .integer(Int64(truth.rejects.seen))), ("applied", .integer(Int64(truth.rejects.applied))),
        ])
      ),
    ])
  }
}
