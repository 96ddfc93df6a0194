import Clocks
import GatewayCore

/// How far look-ups are behind the truth. AWS's are behind it at times: "doesn't see our connection yet".
enum Lag: Sendable, Equatable {
  /// They show what was so long ago; with `jitter`, at some moment since then, another one each time.
  case behind(Duration, jitter: Bool)
  /// They show what was at that moment.
  case frozen(MonotonicClock.Instant)
  /// This connection isn't seen yet; `nil`: none is.
  case hidden(ConnectionID?)

  /// The moment that a look-up shows.
  func moment(at now: MonotonicClock.Instant) -> MonotonicClock.Instant {
    switch self {
    case .behind(let time, jitter: false): now - time
    case .behind(let time, jitter: true): now - time * Double.random(in: 0...1)
    case .frozen(let moment): moment
    case .hidden: now
    }
  }

  func hides(_ id: ConnectionID) -> Bool {
    guard case .hidden(let hidden) = self else { return false }
    return hidden.map { $0 == id } ?? true
  }

  /// As a setting shows it.
  var json: JSON {
    switch self {
    case .behind(let time, let jitter):
      .object([("ms", .integer(time.milliseconds)), ("jitter", jitter ? .bool(true) : nil)])
    case .frozen: .object([("frozen", .bool(true))])
    case .hidden: .object([("hidden", .bool(true))])
    }
  }
}
