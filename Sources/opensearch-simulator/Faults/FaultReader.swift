import GatewayCore
import HTTPTypes

/// Reads a fault: a name such as `"stall"`, or an object such as `{"fault": "slow", "delayMs": 500, "count": 1}`.
///
/// A fault is valid if and only if its name is known and it has only the options that belong to it: a misspelt option
/// would make a test pass for the wrong reason.
enum FaultReader {
  /// Reads one.
  ///
  /// - Parameter owner: the connection whose seed has the fault; `nil` for a control call, which may name one itself.
  static func fault(_ value: StrictValue, at place: String, owner: ConnectionID? = nil) throws(ShapeError) -> Fault {
    if case .string(let name) = value {
      return Fault(kind: try kind(name, of: Shape(emptyAt: place), at: place), count: nil, connectionID: owner)
    }
    let shape = try Shape(value, at: place)
    guard let name = try shape.string("fault") else { throw ShapeError("\(place) has to have a 'fault'") }
    return Fault(
      kind: try kind(name, of: shape, at: place), count: try shape.integer("count", in: 1...1_000_000),
      connectionID: try connectionID(shape, at: place, owner: owner))
  }

  private static func connectionID(
    _ shape: Shape, at place: String, owner: ConnectionID?
  ) throws(ShapeError) -> ConnectionID? {
    guard let text = try shape.string("connectionId") else { return owner }
    guard owner == nil else { throw ShapeError("\(place): 'connectionId' isn't for seeds") }
    guard let id = ConnectionID(text) else { throw ShapeError("\(place): 'connectionId' isn't a connection's id") }
    return id
  }

  private static func kind(_ name: String, of shape: Shape, at place: String) throws(ShapeError) -> FaultKind {
    let (options, kind) = try kindWithOptions(name, of: shape, at: place)
    try shape.allow(only: ["fault", "count", "connectionId"] + options)
    return kind
  }

  private static func kindWithOptions(
    _ name: String, of shape: Shape, at place: String
  ) throws(ShapeError) -> ([String], FaultKind) {
    switch name {
    case "throttle": ([], .throttle)
    case "error": (["status", "code", "message"], .error(try error(shape, at: place)))
    case "html": ([], .html)
    case "stall": ([], .stall)
    case "cut": ([], .cut)
    case "cut-mid": (["bytes"], .cutMid(bytes: try shape.integer("bytes", in: 0...1_000_000) ?? 10))
    case "garbage": ([], .garbage)
    case "empty": ([], .empty)
    case "slow": (["delayMs"], .slow(.milliseconds(try shape.integer("delayMs", in: 0...86_400_000) ?? 1000)))
    default:
      throw ShapeError(
        "\(place): there is no fault '\(name)'; there are throttle, error, html, stall, cut, cut-mid, garbage, empty, slow"
      )
    }
  }

  private static func error(_ shape: Shape, at place: String) throws(ShapeError) -> AWSError {
    let code = try shape.string("code") ?? "InternalException"
    guard !code.isEmpty, code.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw ShapeError("\(place): 'code' goes into a header, so it has to be printable ASCII without spaces")
    }
    return AWSError(
      status: HTTPResponse.Status(code: try shape.integer("status", in: 300...599) ?? 500), code: code,
      message: try shape.string("message") ?? "An internal error occurred.")
  }
}
