package import Clocks
import Synchronization

/// The time by AWS's clock: ours, and the offset that AWS's answers showed (as the AWS SDK for Go v2 does it).
package final class SkewClock: Sendable {
  /// A smaller difference is none: signatures are good for five minutes.
  private static let tolerance = Duration.seconds(240)

  private let clock: WallClock
  private let offsetInUse = Mutex(Duration.zero)
  private let seen = Mutex<Duration?>(nil)
  /// The last `Date` that was read: for a second it is the same for all answers.
  private let lastDate = Mutex<(text: String, time: Timestamp)?>(nil)

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

  /// Our own time, uncorrected.
  func localTime() -> Timestamp {
    clock.now()
  }

  /// Notes the offset that an answer's `Date` shows.
  ///
  /// - Parameters:
  ///   - date: the header's text; one that can't be read shows nothing.
  ///   - sent, received: our own time before and after; the answer's date is held against the midpoint.
  /// - Returns: the offset, if it shows one.
  package func note(date: String?, sent: Timestamp, received: Timestamp) -> Duration? {
    let shown = date.flatMap(time).map { remote in
      Duration.microseconds(remote.microseconds - (sent.microseconds + received.microseconds) / 2)
    }
    seen.withLock { $0 = shown }
    return shown
  }

  private func time(httpDate text: String) -> Timestamp? {
    lastDate.withLock { last in
      if let last, last.text == text { return last.time }
      guard let time = Timestamp(httpDate: text) else { return nil }
      last = (text, time)
      return time
    }
  }

  /// Takes over the offset that a refusal showed, if it is strictly more than four minutes from the one that the refused
  /// call was signed with. That may not be the one in use any more: of several calls under way, each is refused.
  ///
  /// - Returns: whether it was, so that the same call may work now.
  package func correct(to shown: Duration?, signedWith used: Duration) -> Bool {
    guard let shown else { return false }
    let difference = shown - used
    guard difference > Self.tolerance || difference < .zero - Self.tolerance else { return false }
    offsetInUse.withLock { $0 = shown }
    return true
  }
}
