import Clocks
import SigV4

/// Which credentials are in use, and when others are wanted. Events in, answers out; no clock and no task of its own.
///
/// Idle → `begin` → refreshing → `succeeded` or `failed` → idle. `reload` and `refused` are taken in either; what is
/// begun before a reload doesn't count for it.
struct RefreshState {
  /// What someone who asks for credentials is told.
  enum Answer: Equatable {
    /// Use these.
    case use(SigningCredentials)
    /// Use these, and begin to refresh beside.
    case useAndBegin(SigningCredentials)
    /// Wait for the refresh under way.
    case wait
    /// Begin to refresh, and wait for it.
    case beginAndWait
  }

  private struct Held {
    let found: FoundCredentials
    let windows: RefreshWindows
  }

  private enum Activity {
    case idle
    case refreshing
    /// A refresh begun after a reload: everyone waits for what it brings.
    case reloading
  }

  private enum Urgency: Comparable {
    case none, advisory, mandatory, expired
  }

  private var held: Held?
  private var activity = Activity.idle
  private var isReloadWanted = false
  /// What AWS doesn't take any more.
  private var refused: SigningCredentials?
  /// Until then no refresh is begun as long as the held ones live.
  private var retryAt: MonotonicClock.Instant?
  /// Until then AWS's refusals of the held ones change nothing: they were looked up anew and came out the same.
  private var refusalsCountFrom: MonotonicClock.Instant?
  /// Why the last refresh failed.
  private(set) var lastFailure: CredentialsUnavailable?

  /// The ones in use, expired or not.
  var found: FoundCredentials? { held?.found }

  /// The ones in use, unless they are expired.
  func usable(at now: Timestamp) -> FoundCredentials? {
    urgency(at: now) == .expired ? nil : held?.found
  }

  /// Someone asks for credentials.
  mutating func ask(at now: Timestamp, _ instant: MonotonicClock.Instant) -> Answer {
    let urgency = urgency(at: now)
    guard let credentials = held?.found.credentials, urgency != .expired else {
      return activity == .idle ? begin() : .wait
    }
    guard urgency != .none else { return .use(credentials) }
    guard activity == .idle else { return urgency == .advisory ? .use(credentials) : .wait }
    if let retryAt, instant < retryAt { return .use(credentials) }
    let begun = begin()
    return urgency == .advisory ? .useAndBegin(credentials) : begun
  }

  /// AWS doesn't take `credentials`. Whether a refresh has to begin.
  mutating func refused(_ credentials: SigningCredentials, at instant: MonotonicClock.Instant) -> Bool {
    guard credentials == held?.found.credentials, refused != credentials else { return false }
    if let refusalsCountFrom, instant < refusalsCountFrom { return false }
    refused = credentials
    guard activity == .idle else { return false }
    _ = begin()
    return true
  }

  /// Everything is looked up anew at the next call.
  mutating func reload() {
    isReloadWanted = true
    retryAt = nil
    refusalsCountFrom = nil
  }

  /// The refresh brought `found`.
  ///
  /// - Parameter delay: after which AWS's refusal of what is the same as before counts again.
  mutating func succeeded(
    _ found: FoundCredentials, at now: Timestamp, _ instant: MonotonicClock.Instant, delay: Duration
  ) {
    refusalsCountFrom = refused == found.credentials ? instant + delay : nil
    refused = nil
    held = Held(found: found, windows: RefreshWindows(lifetime: found.expiresAt.map { $0 - now } ?? .zero))
    activity = .idle
    retryAt = nil
    lastFailure = nil
  }

  /// The refresh brought nothing. Returns when it is tried again, if what is held lives.
  ///
  /// - Parameter delay: how long to wait; cut short at the mandatory window's start.
  mutating func failed(
    _ failure: CredentialsUnavailable, at now: Timestamp, _ instant: MonotonicClock.Instant, delay: Duration
  ) -> Duration {
    if activity == .reloading { isReloadWanted = true }
    activity = .idle
    lastFailure = failure
    var delay = delay
    if let held, let expiresAt = held.found.expiresAt {
      let untilMandatory = expiresAt - now - held.windows.mandatory
      if untilMandatory > .zero { delay = min(delay, untilMandatory) }
    }
    retryAt = instant + delay
    return delay
  }

  private mutating func begin() -> Answer {
    activity = isReloadWanted ? .reloading : .refreshing
    isReloadWanted = false
    return .beginAndWait
  }

  private func urgency(at now: Timestamp) -> Urgency {
    guard let held else { return .expired }
    let byTime = held.found.expiresAt.map { expiresAt in
      let left = expiresAt - now
      return left <= .zero
        ? Urgency.expired
        : left <= held.windows.mandatory ? .mandatory : left <= held.windows.advisory ? .advisory : .none
    }
    let isOutdated = isReloadWanted || activity == .reloading || refused == held.found.credentials
    return max(byTime ?? .none, isOutdated ? .mandatory : .none)
  }
}

extension Timestamp {
  static func - (left: Timestamp, right: Timestamp) -> Duration {
    .microseconds(left.microseconds - right.microseconds)
  }
}
