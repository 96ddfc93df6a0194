package import Clocks
import Synchronization

/// The time by AWS's clock: ours, and the offset that AWS's answers showed (AWS.md, "Clock skew").
package final class SkewClock: Sendable {
  /// A smaller difference is none: signatures are good for five minutes.
  private static let tolerance = Duration.seconds(240)

  private let clock: WallClock
  private let offsetInUse = Mutex(Duration.zero)
  private let seen = Mutex<Duration?>(nil)

  package init(_ clock: WallClock) {
    self.clock = clock
  }

  /// How far AWS's clock is ahead of ours, as far as is known.
  package var offset: Duration {
    offsetInUse.withLock { $0 }
  }

  /// What the last answer that had a date showed; `nil` before there was one.
  package var lastSeenOffset: Duration? {
    seen.withLock { $0 }
  }

  /// The time to sign with.
  package func now() -> Timestamp {
    clock.now().advanced(by: offset)
  }

  /// Our own time, uncorrected.
  func localTime() -> Timestamp {
    clock.now()
  }

  /// Notes the offset that an answer's `Date` shows.
  ///
  /// - Parameters:
  ///   - date: the header's text; one that can't be read shows nothing.
  ///   - sent, received: our own time before and after; the answer's date is held against the midpoint.
  package func note(date: String?, sent: Timestamp, received: Timestamp) {
    guard let date, let remote = Timestamp(httpDate: date) else { return seen.withLock { $0 = nil } }
    let midpoint = (sent.microseconds + received.microseconds) / 2
    seen.withLock { $0 = .microseconds(remote.microseconds - midpoint) }
  }

  /// Takes over the offset that was noted last, if it is strictly more than four minutes from the one in use.
  ///
  /// - Returns: whether the offset changed, so that the same call may work now.
  package func correct() -> Bool {
    guard let shown = lastSeenOffset else { return false }
    return offsetInUse.withLock { offset in
      let difference = shown - offset
      guard difference > Self.tolerance || difference < .zero - Self.tolerance else { return false }
      offset = shown
      return true
    }
  }
}
