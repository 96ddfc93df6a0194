import Clocks
import GatewayCore
import HTTPTypes

/// Reads what a fault does, by its name and the options that belong to it.
struct FaultKindReader {
  /// A kind, as it was read.
  struct Description {
    let kind: FaultKind
    /// The options it may have.
    let options: [String]
    /// Whether what was asked for is done, where the fault doesn't say.
    let applies: Bool
  }

  private static let names = [
    "throttle", "error", "html", "stall", "cut", "cut-mid", "garbage", "empty", "slow", "date", "lag", "cut-at",
    "stall-at", "garbage-at",
  ]

  let shape: Shape
  let place: String
  /// The connection that the fault is about.
  let connectionID: ConnectionID?
  let now: MonotonicClock.Instant

  func kind(_ name: String) throws(ShapeError) -> Description {
    switch name {
    case "throttle": neverApplied(.throttle(try headers()), ["retryAfter", "headers"])
    case "error":
      failing(.error(try error(), try headers()), ["status", "code", "message", "retryAfter", "headers"])
    case "html": failing(.html)
    case "stall": failing(.stall)
    case "cut": suffering(.cut)
    case "cut-mid": suffering(.cutMid(bytes: try shape.integer("bytes", in: 0...1_000_000) ?? 10), ["bytes"])
    case "garbage": suffering(.garbage)
    case "empty": suffering(.empty)
    case "slow": usual(.slow(.milliseconds(try shape.integer("delayMs", in: 0...86_400_000) ?? 1000)), ["delayMs"])
    case "date": usual(.date(try DateHeaderReader.date(shape, at: place)), DateHeaderReader.options)
    case "lag": usual(.lag(try lag()), LagReader.options + ["hidden"])
    case "cut-at": suffering(.wire(.cut(at: try bytes())), ["bytes"])
    case "stall-at": suffering(.wire(.stall(at: try bytes())), ["bytes"])
    case "garbage-at":
      suffering(
        .wire(.garbage(at: try bytes(), seed: UInt64(try shape.integer("seed", in: 0...Int64.max) ?? 0))),
        ["bytes", "seed"])
    default:
      throw ShapeError("\(place): there is no fault '\(name)'; there are \(Self.names.joined(separator: ", "))")
    }
  }

  /// Nothing is done, whoever wants it.
  private func neverApplied(_ kind: FaultKind, _ options: [String]) -> Description {
    Description(kind: kind, options: options, applies: false)
  }

  /// The answer says that it failed, or nothing at all; unless told otherwise, it did.
  private func failing(_ kind: FaultKind, _ options: [String] = []) -> Description {
    Description(kind: kind, options: options + ["applied"], applies: false)
  }

  /// It is done, and the answer suffers; unless told otherwise.
  private func suffering(_ kind: FaultKind, _ options: [String] = []) -> Description {
    Description(kind: kind, options: options + ["applied"], applies: true)
  }

  /// It is done as always.
  private func usual(_ kind: FaultKind, _ options: [String]) -> Description {
    Description(kind: kind, options: options, applies: true)
  }

  private func bytes() throws(ShapeError) -> Int {
    guard let bytes = try shape.integer("bytes", in: 0...1_000_000) else {
      throw ShapeError("\(place) has to have 'bytes', a whole number from 0 to 1000000")
    }
    return bytes
  }

  private func lag() throws(ShapeError) -> Lag {
    guard let hidden = try shape.boolean("hidden") else { return try LagReader.lag(shape, at: place, now: now) }
    guard hidden, shape.names.isDisjoint(with: LagReader.options) else {
      throw ShapeError("\(place): 'hidden' has to be true, and nothing else beside it")
    }
    return .hidden(connectionID)
  }

  private func headers() throws(ShapeError) -> HeaderEdits {
    var edits = try HeaderEditsReader.edits(shape, at: place)
    if let text = try shape.string("retryAfter") {
      edits.set(.xAmzRetryAfter, to: try HeaderEditsReader.value(text, of: "retryAfter", at: place))
    }
    return edits
  }

  private func error() throws(ShapeError) -> AWSError {
    let code = try shape.string("code") ?? "InternalException"
    guard !code.isEmpty, code.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw ShapeError("\(place): 'code' goes into a header, so it has to be printable ASCII without spaces")
    }
    return AWSError(
      status: HTTPResponse.Status(code: try shape.integer("status", in: 300...599) ?? 500), code: code,
      message: try shape.string("message") ?? "An internal error occurred.")
  }
}
