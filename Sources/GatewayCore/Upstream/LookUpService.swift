package import Clocks

/// The AWS side of a look-up.
package protocol LookUpService: Sendable {
  /// Asks AWS for connections.
  ///
  /// - Parameter permit: comes from a receipt, so that no look-up is made that no intent stands for.
  func lookUp(
    _ query: ConnectionQuery, permit: LookUpPermit, deadline: MonotonicClock.Instant
  ) async -> LookUpReport
}
