package import Clocks

/// Which of the networks that are locked out are news: each at most once a minute, and only so many in a minute, so that a
/// flood of them is no flood of log lines.
package struct LockNotices: Sendable {
  /// How many are news in a minute.
  package static let limit = 10
  package static let window = Duration.seconds(60)

  private var told: Set<String> = []
  private var end: MonotonicClock.Instant?

  package init() {}

  package mutating func isNews(_ network: String, at now: MonotonicClock.Instant) -> Bool {
    if end.map({ $0 <= now }) ?? true {
      told = []
      end = now + Self.window
    }
    return told.count < Self.limit && told.insert(network).inserted
  }
}
