/// How often each of a few keys occurred. A dictionary's value that is changed in place costs several allocations, on each
/// call; an element of an array costs none.
struct Counts<Key: Hashable & Sendable>: Sendable {
  private var indices: [Key: Int] = [:]
  private var counts: [(key: Key, count: Int)] = []

  /// Each key that occurred, in the order of their first time.
  var all: [(key: Key, count: Int)] {
    counts
  }

  mutating func add(_ key: Key) {
    guard let index = indices[key] else {
      indices[key] = counts.count
      counts.append((key, 1))
      return
    }
    counts[index].count += 1
  }
}
