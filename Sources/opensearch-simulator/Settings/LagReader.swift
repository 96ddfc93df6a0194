import Clocks
import GatewayCore

/// Reads how far look-ups are behind: `ms`, perhaps with `jitter`, or `frozen`.
enum LagReader {
  static let options = ["ms", "jitter", "frozen"]

  /// - Parameter now: the moment at which what is frozen stands still.
  static func lag(_ shape: Shape, at place: String, now: MonotonicClock.Instant) throws(ShapeError) -> Lag {
    let time = try shape.integer("ms", in: 0...86_400_000)
    let jitter = try shape.boolean("jitter")
    let frozen = try shape.boolean("frozen")
    switch (time, jitter, frozen) {
    case (let time?, _, nil): return .behind(.milliseconds(time), jitter: jitter ?? false)
    case (nil, nil, true?): return .frozen(now)
    default: throw ShapeError("\(place) has to have 'ms', perhaps with 'jitter', or 'frozen': true")
    }
  }
}
