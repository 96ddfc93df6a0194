/// The standard retry mode of 2026, with what it needs from outside.
package struct Retrying: Sendable {
  /// `AWS_MAX_ATTEMPTS`, the first one included.
  let maxAttempts: Int
  let quota: RetryQuota
  /// From 0 to 1.
  let random: @Sendable () -> Double
  let sleep: @Sendable (Duration) async -> Void

  package init(
    maxAttempts: Int, quota: RetryQuota, random: @escaping @Sendable () -> Double,
    sleep: @escaping @Sendable (Duration) async -> Void
  ) {
    self.maxAttempts = maxAttempts
    self.quota = quota
    self.random = random
    self.sleep = sleep
  }
}

/// The retries of one call.
struct RetryPlan {
  private let retrying: Retrying
  private var attempts = 1
  /// What the last retry cost; `nil` before the first.
  private var lastCost: Int?
  private var hasRefreshedCredentials = false

  init(retrying: Retrying) {
    self.retrying = retrying
  }

  /// The call succeeded: the quota gets back what the last retry cost, or a little for a success without one.
  mutating func succeeded() {
    retrying.quota.give(lastCost ?? RetryQuota.firstTrySuccess)
  }

  /// The delay before the next attempt, which is paid for; `nil` if there is to be none.
  ///
  /// - Parameter remaining: until the deadline, which no retry outlives.
  mutating func delay(isThrottled: Bool, retryAfter: String?, remaining: Duration) -> Duration? {
    guard attempts < retrying.maxAttempts else { return nil }
    let delay = Backoff.delay(
      after: attempts, isThrottled: isThrottled, random: retrying.random(), retryAfter: retryAfter)
    let cost = isThrottled ? RetryQuota.throttledRetryCost : RetryQuota.retryCost
    guard delay < remaining, retrying.quota.take(cost) else { return nil }
    attempts += 1
    lastCost = cost
    return delay
  }

  /// Whether to look the credentials up anew, which helps once: fresh ones that are refused too aren't merely expired.
  mutating func refreshCredentials() -> Bool {
    defer { hasRefreshedCredentials = true }
    return !hasRefreshedCredentials
  }

  /// For what was put right in between: no delay, no cost; but an attempt.
  mutating func retryAtOnce() -> Duration? {
    guard attempts < retrying.maxAttempts else { return nil }
    attempts += 1
    return .zero
  }
}
