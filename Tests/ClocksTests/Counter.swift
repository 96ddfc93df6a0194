import Synchronization

/// Counts how often it was asked.
final class Counter: Sendable {
  private let count = Atomic<Int64>(0)

  func next() -> Int64 {
    count.add(1, ordering: .relaxed).newValue
  }
}
