import Clocks
import GatewayCore
import HTTPListener
import HTTPTypes

/// The calls that are about the simulator itself. They are under a path that AWS doesn't have, aren't signed, and are
/// taken from the same machine only.
struct ControlPlane: Sendable {
  private static let prefix = "/_simulator/"
  private static let loopback = ["127.0.0.0/8", "::1"].compactMap(AddressRange.init)

  let state: SimulatorState

  /// - Parameter peer: who asks.
  /// - Returns: `nil` if the request isn't about the simulator.
  func response(to request: Request, peer: String) -> Response? {
    guard request.target.path.hasPrefix(Self.prefix), request.violation == nil, case .complete(let body) = request.body
    else { return nil }
    guard IPAddress(peer).map({ peer in Self.loopback.contains { $0.contains(peer) } }) == true else {
      return .failure(.forbidden, "The simulator's own calls are taken from the same machine only.")
    }
    let path = request.target.path.dropFirst(Self.prefix.count).split(
      separator: "/", omittingEmptySubsequences: false)
    do throws(ShapeError) {
      return try answer(request.method, path, body)
        ?? .failure(
          .notFound,
          "There are GET connections, GET, PUT and DELETE connections/{id}, POST and DELETE faults, "
            + "GET, POST and DELETE settings, and GET, PUT and DELETE credentials.")
    } catch {
      return .failure(.badRequest, error.reason)
    }
  }

  private func answer(_ method: String, _ path: [Substring], _ body: [UInt8]) throws(ShapeError) -> Response? {
    switch (path.first, path.count) {
    case ("connections", 1) where method == "GET":
      .json(.object([("Connections", .array(state.connections.all.map(\.json)))]))
    case ("connections", 2):
      try ConnectionControl(connections: state.connections).response(method, path[1], body)
    case ("faults", 1): try faults(method, body)
    case ("settings", 1): try settings(method, body)
    case ("credentials", 1): try credentials(method, body)
    default: nil
    }
  }

  private func faults(_ method: String, _ body: [UInt8]) throws(ShapeError) -> Response? {
    switch method {
    case "POST":
      let reader = FaultReader(servesPlainHTTP: state.servesPlainHTTP, clock: .system)
      let count = state.faults.add(try reader.fault(Shape.value(body), at: "the fault"))
      return .json(.object([("faults", .integer(Int64(count)))]))
    case "DELETE":
      state.faults.removeAll()
      return .json(.object([("faults", .integer(0))]))
    default: return nil
    }
  }

  private func settings(_ method: String, _ body: [UInt8]) throws(ShapeError) -> Response? {
    let settings = state.settings
    switch method {
    case "GET": return .json(settings.current.json)
    case "POST":
      let reader = SettingsReader(servesPlainHTTP: state.servesPlainHTTP, clock: .system)
      let updated = try settings.update { current throws(ShapeError) in
        try reader.settings(body, on: current, start: settings.start)
      }
      return .json(updated.json)
    case "DELETE": return .json(try settings.update { _ in settings.start }.json)
    default: return nil
    }
  }

  private func credentials(_ method: String, _ body: [UInt8]) throws(ShapeError) -> Response? {
    switch method {
    case "GET": break
    case "PUT": state.credentials.replace(with: try CredentialsReader.credentials(body))
    case "DELETE": state.credentials.reset()
    default: return nil
    }
    return .json(state.credentials.json)
  }
}

extension Response {
  /// A control call that isn't taken, and why.
  static func failure(_ status: HTTPResponse.Status, _ message: String) -> Response {
    .json(.object([("message", .string(message))]), status: status)
  }
}
