/// How many connections there are, and were.
package struct ConnectionCounts: Sendable, Equatable {
  /// Open now.
  package let open: Int
  /// Closed as they came, since their address had as many as it may.
  package let refused: Int
  /// Closed since their time was over.
  package let expired: Int
}
