import HTTPTypes
import Synchronization

/// The calls to AWS under way: a bound on their number, and one call for all who ask to reject the same connection at the
/// same time.
package final class InFlight: Sendable {
  /// A class, so that it is changed where it is: a dictionary's value would be taken out and put back.
  private final class Group {
    /// Callers that want this connection rejected and have no answer yet.
    var members = 1
    /// The request whose call to AWS is under way.
    var leader: RequestID?
    var waiting: [CheckedContinuation<RejectionReport?, Never>] = []
  }

  private struct State {
    var groups: [ConnectionID: Group] = [:]
    var reads = 0

    var count: Int { groups.count + reads }
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: how many calls may be under way (`--max-in-flight`).
  package init(limit: Int) {
    self.limit = limit
  }

  /// How many are.
  package var count: Int {
    state.withLock(\.count)
  }

  /// Takes a place for a reject. Whoever gets one leaves it again.
  ///
  /// - Throws: `overloaded`, if there is none and nobody else rejects the same connection.
  func enter(_ id: ConnectionID) throws(Problem) {
    let isIn = state.withLock { state in
      guard state.groups[id] != nil || state.count < limit else { return false }
      if let group = state.groups[id] { group.members += 1 } else { state.groups[id] = Group() }
      return true
    }
    if !isIn { throw Self.overloaded }
  }

  func leave(_ id: ConnectionID) {
    state.withLock { state in
      guard let group = state.groups[id] else { return }
      group.members -= 1
      if group.members == 0 { state.groups[id] = nil }
    }
  }

  /// Takes a place for a look-up. Whoever gets one leaves it again.
  ///
  /// - Throws: `overloaded`.
  func enterRead() throws(Problem) {
    let isIn = state.withLock { state in
      guard state.count < limit else { return false }
      state.reads += 1
      return true
    }
    if !isIn { throw Self.overloaded }
  }

  func leaveRead() {
    state.withLock { $0.reads -= 1 }
  }

  /// Makes the call, or waits for the one that is under way for the same connection.
  ///
  /// - Parameters:
  ///   - requestID: by whom; named in the records of those who wait.
  ///   - call: the call to AWS.
  /// - Returns: what came of it, and whose call it was, if it was another request's.
  func reject(
    _ id: ConnectionID, by requestID: RequestID, _ call: () async -> RejectionReport
  ) async -> (report: RejectionReport, sharedWith: RequestID?) {
    let leader = state.withLock { state in
      guard let group = state.groups[id], group.leader == nil else { return state.groups[id]?.leader }
      group.leader = requestID
      return nil
    }
    guard let leader else {
      let report = await call()
      let waiting = state.withLock { state in
        let group = state.groups[id]
        defer {
          group?.waiting = []
          group?.leader = nil
        }
        return group?.waiting ?? []
      }
      waiting.forEach { $0.resume(returning: report) }
      return (report, nil)
    }
    let report: RejectionReport? = await withCheckedContinuation { continuation in
      // It may have ended in between; then this one makes a call of its own.
      let isUnderWay = state.withLock { state in
        guard let group = state.groups[id], group.leader == leader else { return false }
        group.waiting.append(continuation)
        return true
      }
      if !isUnderWay { continuation.resume(returning: nil) }
    }
    return if let report { (report, leader) } else { await reject(id, by: requestID, call) }
  }

  private static let overloaded = Problem(
    .overloaded, "The gateway has as many calls to AWS under way as it may, so nothing was sent. Try again.",
    fields: [.retryAfter: "1"])
}
