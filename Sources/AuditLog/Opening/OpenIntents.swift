/// The intents of one file that have no outcome in it, and the outcomes whose intents it hasn't got.
struct OpenIntents {
  /// Where an intent's line stands.
  struct Place: Equatable {
    let sequence: Int64
    let offset: Int64
    let length: Int
  }

  /// By call (`ScannedLine.call`): a caller may use an id twice.
  private var open: [String: [Place]] = [:]
  /// Calls whose intents are in a file before, with how many of their outcomes are here.
  private(set) var strangers: [String: Int] = [:]

  /// In the log's order.
  var places: [Place] {
    open.values.flatMap { $0 }.sorted { $0.sequence < $1.sequence }
  }

  /// How many intents of files before this one closes.
  var strangerCount: Int {
    strangers.values.reduce(0, +)
  }

  mutating func begin(_ call: String, at place: Place) {
    open[call, default: []].append(place)
  }

  mutating func end(_ call: String) {
    guard open[call] != nil else {
      strangers[call, default: 0] += 1
      return
    }
    open[call]?.removeFirst()
    if open[call]?.isEmpty == true { open[call] = nil }
  }

  /// Takes in what a later file closes.
  mutating func end(_ later: [String: Int]) {
    for (call, count) in later {
      for _ in 0..<count { end(call) }
    }
  }
}
