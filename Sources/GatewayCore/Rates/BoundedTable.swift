package import Clocks

/// What is as good as unknown once nothing has happened for a while.
package protocol Forgettable: Sendable {
  func isForgettable(at now: MonotonicClock.Instant) -> Bool
}

/// A value for each of many names, however many there are: only so many are told apart; while there are more, the others
/// share one value, called `other`.
///
/// What can be forgotten is looked for when there is no room for a new name, and at most once a second: so that costs at
/// most `limit` steps a second, whatever comes.
package struct BoundedTable<Value: Forgettable>: Sendable {
  /// What stands for the names beyond the limit.
  package static var others: String { "other" }
  private static var sweepInterval: Duration { .seconds(1) }

  private let limit: Int
  private var values: [String: Value] = [:]
  private var nextSweep: MonotonicClock.Instant?

  /// - Parameter limit: how many names are told apart.
  package init(limit: Int) {
    self.limit = limit
  }

  /// How many names it knows, `other` included.
  package var count: Int {
    values.count
  }

  /// Every value, in no order.
  package var all: some Collection<Value> {
    values.values
  }

  /// The value of a name that `name(for:at:)` gave.
  package subscript(name: String) -> Value? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// The name under which the value stands: itself, or `other` if there is no room for one more.
  package mutating func name(for name: String, at now: MonotonicClock.Instant) -> String {
    guard values[name] == nil, values.count >= limit else { return name }
    if nextSweep.map({ $0 <= now }) ?? true {
      forget(at: now)
      nextSweep = now + Self.sweepInterval
    }
    return values.count < limit ? name : Self.others
  }

  /// Changes every value.
  package mutating func changeAll(_ change: (inout Value) -> Void) {
    for name in values.keys {
      if var value = values[name] {
        change(&value)
        values[name] = value
      }
    }
  }

  /// Forgets what can be forgotten.
  package mutating func forget(at now: MonotonicClock.Instant) {
    values = values.filter { !$1.isForgettable(at: now) }
  }
}
