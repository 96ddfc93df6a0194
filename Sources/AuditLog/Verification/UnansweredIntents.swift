import GatewayCore

/// The intents that wait for their outcome, while the log is read.
struct UnansweredIntents {
  private struct Call: Hashable {
    let requestID: String
    let connectionID: String
  }

  /// A caller may use an id again and again, so that there may be several of one call. The oldest has its outcome first.
  private var waiting: [Call: [ChainReport.Intent]] = [:]

  /// In the log's order.
  var all: [ChainReport.Intent] {
    waiting.values.flatMap { $0 }.sorted { $0.sequence < $1.sequence }
  }

  mutating func take(_ record: AuditLine) {
    switch record.stage {
    case .intent:
      let call = Call(requestID: record.requestID, connectionID: record.connectionID)
      waiting[call, default: []].append(
        ChainReport.Intent(
          sequence: record.sequence, requestID: call.requestID, time: record.time, connectionID: call.connectionID))
    case .outcome: remove(Call(requestID: record.requestID, connectionID: record.connectionID)) { _ in true }
    case .recovered:
      // Its intent may say more of the call than it does itself.
      guard let found = waiting.first(where: { $1.contains { $0.sequence == record.recovers } }) else { break }
      remove(found.key) { $0.sequence == record.recovers }
    case .opened, .closed, .denied, .suppressed, .checkpoint: break
    }
  }

  private mutating func remove(_ call: Call, where isIt: (ChainReport.Intent) -> Bool) {
    guard var intents = waiting.removeValue(forKey: call), let index = intents.firstIndex(where: isIt) else { return }
    intents.remove(at: index)
    if !intents.isEmpty { waiting[call] = intents }
  }
}
