import GatewayCore

/// The intents of one file that have no outcome in it, and what closes intents that it hasn't got.
struct OpenIntents {
  /// Where an intent's line stands.
  struct Place: Equatable {
    let sequence: Int64
    let offset: Int64
    let length: Int
  }

  private struct Call: Hashable {
    let requestID: String
    let connectionID: String

    init(of record: AuditLine) {
      requestID = record.requestID
      connectionID = record.connectionID
    }
  }

  /// Of one call there may be several, since a caller may use an id again; the oldest has its outcome first.
  private var open: [Call: [Place]] = [:]
  /// Outcomes whose intents are in a file before: how many of each call.
  private var outcomes: [Call: Int] = [:]
  /// The numbers of intents in a file before that `recovered` records close.
  private var recovered: Set<Int64> = []

  /// In the log's order.
  var places: [Place] {
    open.values.flatMap { $0 }.sorted { $0.sequence < $1.sequence }
  }

  /// How many intents of files before are closed here.
  var strangerCount: Int {
    outcomes.values.reduce(0, +) + recovered.count
  }

  /// Takes the next record, which stands at this place.
  mutating func take(_ record: AuditLine, at offset: Int64) {
    switch record.stage {
    case .intent:
      open[Call(of: record), default: []].append(
        Place(sequence: record.sequence, offset: offset, length: record.bytes.count))
    case .outcome: end(Call(of: record))
    case .recovered: recover(record.recovers ?? 0)
    case .opened, .closed, .denied, .suppressed, .checkpoint: break
    }
  }

  /// Takes in what a later file closes.
  mutating func end(intentsOf later: OpenIntents) {
    for (call, count) in later.outcomes {
      for _ in 0..<count { end(call) }
    }
    for sequence in later.recovered { recover(sequence) }
  }

  private mutating func end(_ call: Call) {
    if !remove(call, where: { _ in true }) { outcomes[call, default: 0] += 1 }
  }

  private mutating func recover(_ sequence: Int64) {
    let call = open.first { $1.contains { $0.sequence == sequence } }?.key
    guard let call, remove(call, where: { $0.sequence == sequence }) else {
      recovered.insert(sequence)
      return
    }
  }

  private mutating func remove(_ call: Call, where isIt: (Place) -> Bool) -> Bool {
    guard var places = open.removeValue(forKey: call) else { return false }
    let index = places.firstIndex(where: isIt)
    if let index { places.remove(at: index) }
    if !places.isEmpty { open[call] = places }
    return index != nil
  }
}
