import Threads

/// How long the first record of a batch waits for others to share its `fdatasync`, and for how many.
///
/// A disk that syncs for each record is the slowest part of a busy gateway. A record that comes alone doesn't wait: only
/// where other calls are under way, each of which has a record still to bring, is there company to be had.
extension Company {
  /// The share of the calls under way whose records make a batch.
  private static let share = 2
  /// Half a millisecond, a small part of what a call to AWS takes.
  private static let longestWait = 500_000

  /// - Parameter calls: how many intents have no outcome yet.
  init(callsUnderWay calls: Int) {
    self.init(count: max(1, calls / Self.share), nanoseconds: Self.longestWait)
  }
}
