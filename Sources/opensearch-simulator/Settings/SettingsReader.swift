import Clocks
import GatewayCore

/// Reads settings: any of them, each on top of what was; null puts one back to what it was at the start.
struct SettingsReader: Sendable {
  /// Seconds that a clock can be off, past or future: more than any clock is.
  static let offsets: ClosedRange<Int64> = -2_000_000_000...2_000_000_000

  private static let names = ["clockOffsetSeconds", "rejectingForMs", "lag", "pageLengths", "date"]

  /// Whether the answers' bytes can be got at.
  let servesPlainHTTP: Bool
  let clock: MonotonicClock

  /// - Parameters:
  ///   - settings: what holds now.
  ///   - start: what held at the start.
  func settings(_ body: [UInt8], on settings: Settings, start: Settings) throws(ShapeError) -> Settings {
    let shape = try Shape(Shape.value(body), at: "the body")
    try shape.allow(only: Self.names)
    var settings = try withNulls(shape.nulls, on: settings, start: start)
    if let seconds = try shape.integer("clockOffsetSeconds", in: Self.offsets) { settings.clockOffset = seconds }
    if let time = try shape.integer("rejectingForMs", in: 0...86_400_000) {
      settings.rejectingTime = .milliseconds(time)
    }
    if let lag = try shape.shape("lag") {
      try lag.allow(only: LagReader.options)
      settings.lag = try LagReader.lag(lag, at: "'lag'", now: clock.now())
    }
    if let lengths = try shape.integers("pageLengths") {
      guard let lengths = PageLengths(lengths) else {
        throw ShapeError("'pageLengths' has to be 1 to 100 numbers from 0 to 100, not all of them 0")
      }
      settings.pageLengths = lengths
    }
    if let date = try shape.shape("date") {
      try date.allow(only: DateHeaderReader.options)
      settings.date = try dateHeader(date)
    }
    return settings
  }

  private func withNulls(
    _ names: Set<String>, on settings: Settings, start: Settings
  ) throws(ShapeError) -> Settings {
    var settings = settings
    for name in names.sorted() {
      switch name {
      case "clockOffsetSeconds": settings.clockOffset = start.clockOffset
      case "rejectingForMs": settings.rejectingTime = start.rejectingTime
      case "lag": settings.lag = start.lag
      case "pageLengths": settings.pageLengths = start.pageLengths
      case "date": settings.date = start.date
      default:
        throw ShapeError("the body has '\(name)', which isn't one of \(Self.names.joined(separator: ", "))")
      }
    }
    return settings
  }

  private func dateHeader(_ shape: Shape) throws(ShapeError) -> DateHeader {
    let date = try DateHeaderReader.date(shape, at: "'date'")
    guard servesPlainHTTP || date != .absent else {
      throw ShapeError("'date': 'absent' needs the answer's bytes, and this simulator serves HTTPS; use plain HTTP")
    }
    return date
  }
}
