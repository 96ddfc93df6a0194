import Clocks
import GatewayCore

/// Reads a fault: a name such as `"stall"`, or an object such as `{"fault": "slow", "delayMs": 500, "count": 1}`.
///
/// A fault is valid if and only if its name is known and it has only the options that belong to it: a misspelt option
/// would make a test pass for the wrong reason.
struct FaultReader: Sendable {
  /// Whether the answers' bytes can be got at.
  let servesPlainHTTP: Bool
  let clock: MonotonicClock

  /// Reads one.
  ///
  /// - Parameter owner: the connection whose seed has the fault; `nil` for a control call, which may name one itself.
  func fault(_ value: StrictValue, at place: String, owner: ConnectionID? = nil) throws(ShapeError) -> Fault {
    let (shape, name) = try shapeAndName(value, at: place)
    let connectionID = try connectionID(shape, at: place, owner: owner)
    let description = try FaultKindReader(shape: shape, place: place, connectionID: connectionID, now: clock.now())
      .kind(name)
    try shape.allow(only: ["fault", "count", "connectionId", "operation"] + description.options)
    guard servesPlainHTTP || !description.kind.needsPlainHTTP else {
      throw ShapeError("\(place): '\(name)' needs the answer's bytes, and this simulator serves HTTPS; use plain HTTP")
    }
    return Fault(
      kind: description.kind, count: try shape.integer("count", in: 1...1_000_000),
      operation: try operation(shape, at: place, of: description.kind), connectionID: connectionID,
      applies: try shape.boolean("applied") ?? description.applies)
  }

  private func shapeAndName(_ value: StrictValue, at place: String) throws(ShapeError) -> (Shape, String) {
    if case .string(let name) = value { return (Shape(emptyAt: place), name) }
    let shape = try Shape(value, at: place)
    guard let name = try shape.string("fault") else { throw ShapeError("\(place) has to have a 'fault'") }
    return (shape, name)
  }

  private func connectionID(
    _ shape: Shape, at place: String, owner: ConnectionID?
  ) throws(ShapeError) -> ConnectionID? {
    guard let text = try shape.string("connectionId") else { return owner }
    guard owner == nil else { throw ShapeError("\(place): 'connectionId' isn't for seeds") }
    guard let id = ConnectionID(text) else { throw ShapeError("\(place): 'connectionId' isn't a connection's id") }
    return id
  }

  private func operation(_ shape: Shape, at place: String, of kind: FaultKind) throws(ShapeError) -> OperationName? {
    let name = try shape.string("operation")
    let operation = name.flatMap(OperationName.init)
    guard name == nil || operation != nil else {
      let known = OperationName.allCases.map(\.rawValue).joined(separator: ", ")
      throw ShapeError("\(place): 'operation' has to be one of \(known)")
    }
    guard case .lag = kind else { return operation }
    guard operation != .reject else { throw ShapeError("\(place): 'lag' is for DescribeInboundConnections alone") }
    return .describe
  }
}
