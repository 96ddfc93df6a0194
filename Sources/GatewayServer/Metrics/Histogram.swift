/// Durations sorted into buckets.
struct Histogram: Sendable {
  /// The buckets' upper bounds in milliseconds, and the same in seconds as Prometheus writes them.
  static let bounds: [(milliseconds: Int64, label: String)] = [
    (1, "0.001"), (5, "0.005"), (10, "0.01"), (50, "0.05"), (100, "0.1"), (500, "0.5"), (1000, "1"), (5000, "5"),
    (15000, "15"), (60000, "60"),
  ]

  /// How many durations each bucket got, the last one those above every bound.
  private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  private(set) var sum = Duration.zero

  mutating func observe(_ duration: Duration) {
    let bucket = Self.bounds.firstIndex { duration <= .milliseconds($0.milliseconds) } ?? Self.bounds.count
    counts[bucket] += 1
    sum += duration
  }
}
