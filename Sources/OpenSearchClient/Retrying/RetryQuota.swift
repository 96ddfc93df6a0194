import Synchronization

/// The tokens that retries cost, for the whole process: when AWS is down, retries dry up by themselves (AWS SDKs and
/// Tools Reference Guide, "Retry behavior", standard mode).
package final class RetryQuota: Sendable {
  static let capacity = 500
  static let retryCost = 14
  static let throttledRetryCost = 5
  static let firstTrySuccess = 1

  private let tokens = Mutex(capacity)

  package init() {}

  /// How many are left.
  package var remaining: Int {
    tokens.withLock { $0 }
  }

  /// Takes the cost of a retry; `false`, and nothing taken, if it can't be paid.
  func take(_ cost: Int) -> Bool {
    tokens.withLock { tokens in
      guard tokens >= cost else { return false }
      tokens -= cost
      return true
    }
  }

  /// Gives back, up to the capacity.
  func give(_ amount: Int) {
    tokens.withLock { $0 = min(Self.capacity, $0 + amount) }
  }
}
