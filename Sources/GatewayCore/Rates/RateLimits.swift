package import Clocks
import HTTPTypes
import Synchronization

/// Tells those who call too often to wait: a token that makes more calls than its rate allows, and a client whose calls
/// bring tokens that are no good.
package final class RateLimits: Sendable {
  /// Which limit a call was beyond.
  package enum Kind: String, Sendable, CaseIterable {
    case token, failures
  }

  /// How many tokens, and how many client networks, are told apart. A network can be forgotten as soon as its failures are;
  /// at the default rate one takes a fifth of a second, so that it takes some 80,000 failures a second to keep this full.
  package static let nameLimit = 16_384

  /// What a token may do that has no rate of its own; `nil` for no limit.
  package let tokenRate: Rate?
  private let failureRate: Rate?
  private let clock: MonotonicClock
  private let observer: any ExchangeObserver
  private let calls = Mutex(RateBuckets(limit: nameLimit))
  private let failures = Mutex(RateBuckets(limit: nameLimit))
  private let notices = Mutex(LockNotices())

  /// - Parameter failureRate: how often a client network may fail to authenticate; `nil` for no limit.
  package init(tokenRate: Rate?, failureRate: Rate?, clock: MonotonicClock, observer: any ExchangeObserver) {
    self.tokenRate = tokenRate
    self.failureRate = failureRate
    self.clock = clock
    self.observer = observer
  }

  /// What `authenticate` finds out, unless the client's network has failed at it too often: then nothing it brings is
  /// looked at, be it good or bad.
  ///
  /// A call that brings nothing has nothing to look at, and no failure to count. Those that aren't looked at don't count
  /// either, so that the wait doesn't grow.
  ///
  /// - Throws: `rate_limited`, and what `authenticate` throws.
  package func authenticating<Entry>(
    _ request: Request, _ authenticate: () throws(Problem) -> Entry
  ) throws(Problem) -> Entry {
    guard let failureRate, request.fields.first(.authorization) != nil else { return try authenticate() }
    let now = clock.now()
    let wait = failures.withLock { failures in
      failures.count == 0 ? .zero : failures.wait(request.client.network, failureRate, at: now)
    }
    if wait > .zero {
      throw refusal(
        .failures, wait,
        "Too many calls from this address brought a token that is no good, so for now none is looked at. Wait the "
          + "seconds that Retry-After names, and check the token.")
    }
    do throws(Problem) {
      return try authenticate()
    } catch {
      if error.code == .unauthenticated { countFailure(of: request.client.network, failureRate, at: now) }
      throw error
    }
  }

  /// Counts a call of the token.
  ///
  /// - Parameter rate: what the token may do; `nil` for no limit.
  /// - Throws: `rate_limited`, if that is one too many; then it isn't counted.
  package func admit(_ token: TokenEntry, rate: Rate?) throws(Problem) {
    guard let rate else { return }
    let now = clock.now()
    let wait = calls.withLock { $0.take(token.id, rate, at: now) }
    guard wait > .zero else { return }
    throw refusal(
      .token, wait,
      "The token '\(token.name)' may make \(rate.perSecond) calls a second, and \(rate.burst) at once after a pause. Wait "
        + "the seconds that Retry-After names, then call again.")
  }

  private func countFailure(of network: String, _ rate: Rate, at now: MonotonicClock.Instant) {
    let isLocked = failures.withLock { failures in
      _ = failures.take(network, rate, at: now)
      return failures.wait(network, rate, at: now) > .zero
    }
    if isLocked, notices.withLock({ $0.isNews(network, at: now) }) { observer.networkLocked(network) }
  }

  private func refusal(_ kind: Kind, _ wait: Duration, _ detail: String) -> Problem {
    observer.rateLimited(kind)
    return Problem(.rateLimited, detail, fields: [.retryAfter: String(wait.wholeSecondsRoundedUp)])
  }
}

extension Duration {
  /// As `Retry-After` has it: whoever waits so long has waited long enough.
  package var wholeSecondsRoundedUp: Int64 {
    let (seconds, attoseconds) = components
    return attoseconds > 0 ? seconds + 1 : seconds
  }
}
