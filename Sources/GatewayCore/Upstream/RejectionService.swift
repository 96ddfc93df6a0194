package import Clocks

/// The AWS side of a reject.
package protocol RejectionService: Sendable {
  /// Asks AWS to reject the connection.
  ///
  /// It takes longer than `deadline` allows under no circumstances, and doesn't end early when the caller leaves: what
  /// was sent has an outcome, and the outcome has a record.
  ///
  /// - Parameter receipt: proof that the intent is on disk.
  func reject(
    _ connectionID: ConnectionID, under receipt: borrowing IntentReceipt, deadline: MonotonicClock.Instant
  ) async -> RejectionReport
}
