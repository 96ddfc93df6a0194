import GatewayCore
import HTTPListener
import HTTPTypes

/// The calls that are about the simulator itself. They are under a path that AWS doesn't have, aren't signed, and are
/// taken from the same machine only.
struct ControlPlane: Sendable {
  private static let prefix = "/_simulator/"
  private static let loopback = ["127.0.0.0/8", "::1"].compactMap(AddressRange.init)

  let connections: ConnectionStore
  let faults: FaultQueue

  /// `nil` if the request isn't about the simulator.
  func response(to request: Request) -> Response? {
    guard request.target.path.hasPrefix(Self.prefix), request.violation == nil, case .complete(let body) = request.body
    else { return nil }
    guard IPAddress(request.client.peer).map({ peer in Self.loopback.contains { $0.contains(peer) } }) == true else {
      return failure(.forbidden, "The simulator's own calls are taken from the same machine only.")
    }
    switch (request.method, request.target.path.dropFirst(Self.prefix.count)) {
    case ("GET", "connections"):
      return .json(.object([("Connections", .array(connections.all.map(\.json)))]))
    case ("POST", "faults"):
      return addFault(body)
    case ("DELETE", "faults"):
      faults.removeAll()
      return .json(.object([("faults", .integer(0))]))
    default:
      return failure(.notFound, "There are GET connections, POST faults and DELETE faults.")
    }
  }

  private func addFault(_ body: [UInt8]) -> Response {
    do {
      let count = faults.add(try FaultReader.fault(Shape.value(body), at: "the fault"))
      return .json(.object([("faults", .integer(Int64(count)))]))
    } catch {
      return failure(.badRequest, error.reason)
    }
  }

  private func failure(_ status: HTTPResponse.Status, _ message: String) -> Response {
    .json(.object([("message", .string(message))]), status: status)
  }
}
