import FoundationEssentials

/// Where the time of day comes from. The core never reads a clock of its own: it is handed one of these.
package struct WallClock: Sendable {
  private let read: @Sendable () -> Timestamp

  package init(_ read: @escaping @Sendable () -> Timestamp) {
    self.read = read
  }

  /// The time now.
  package func now() -> Timestamp {
    read()
  }

  /// The system's clock.
  package static let system = WallClock {
    Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }

  /// A clock that stands still, for tests and for answers that must come out the same each time.
  package static func fixed(_ time: Timestamp) -> WallClock {
    WallClock { time }
  }
}
