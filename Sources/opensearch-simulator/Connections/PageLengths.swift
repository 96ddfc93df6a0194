import GatewayCore

/// The lengths that pages have by turns. AWS promises no length: a page may be short, and even empty, and still not be
/// the last.
struct PageLengths: Sendable, Equatable {
  private let lengths: [Int]

  /// `nil` unless there are 1 to 100 numbers from 0 to 100, and not all of them 0, with which a search would never end.
  init?(_ lengths: [Int]) {
    guard (1...100).contains(lengths.count), lengths.allSatisfy((0...100).contains), lengths.contains(where: { $0 > 0 })
    else { return nil }
    self.lengths = lengths
  }

  func length(of turn: Int) -> Int {
    lengths[turn % lengths.count]
  }

  var json: JSON {
    .array(lengths.map { .integer(Int64($0)) })
  }
}
