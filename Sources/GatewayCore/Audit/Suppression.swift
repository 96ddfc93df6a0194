package import Clocks

/// What a `suppressed` record counts: the refusals of one client address that weren't written one by one.
package struct Suppression: Sendable, Equatable {
  /// How many.
  package let count: Int64
  /// When the first of them came.
  package let since: Timestamp

  package init(count: Int64, since: Timestamp) {
    self.count = count
    self.since = since
  }
}
