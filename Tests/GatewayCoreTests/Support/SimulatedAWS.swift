import Clocks
import GatewayCore
import Synchronization

/// Stands in for AWS in a simulation: answers as it is told to, and remembers what it was asked, when, and whether there
/// was an intent for it.
final class SimulatedAWS: RejectionService, LookUpService {
  struct Call: Sendable {
    let operation: Attempt.Operation
    /// What is rejected; `nil` for a look-up.
    let connectionID: ConnectionID?
    /// What is looked up; `nil` for a reject.
    let query: ConnectionQuery?
    /// Since the simulation's start.
    let asked: Duration
    let deadline: Duration
    /// Whether an intent for it was on disk.
    let hadIntent: Bool
  }

  typealias Rejecting = @Sendable (Simulation, ConnectionID, MonotonicClock.Instant) async -> RejectionReport
  typealias LookingUp = @Sendable (Simulation, ConnectionQuery, MonotonicClock.Instant) async -> LookUpReport

  private struct State {
    var calls: [Call] = []
    var underWay: [ConnectionID?] = []
    var mostUnderWay = 0
    var mostForOne = 0
  }

  private let simulation: Simulation
  private let journal: SimulatedJournal
  private let rejecting: Rejecting
  private let lookingUp: LookingUp
  private let state = Mutex(State())

  init(
    _ simulation: Simulation, journal: SimulatedJournal, rejecting: @escaping Rejecting, lookingUp: @escaping LookingUp
  ) {
    self.simulation = simulation
    self.journal = journal
    self.rejecting = rejecting
    self.lookingUp = lookingUp
  }

  func reject(
    _ connectionID: ConnectionID, under receipt: borrowing IntentReceipt, deadline: MonotonicClock.Instant
  ) async -> RejectionReport {
    let hadIntent = journal.open.contains { $0.action == .reject && $0.connectionID == connectionID }
    begin(
      Call(
        operation: .reject, connectionID: connectionID, query: nil, asked: simulation.passed,
        deadline: deadline - simulation.start, hadIntent: hadIntent))
    await simulation.sleep()
    let report = await rejecting(simulation, connectionID, deadline)
    end(connectionID)
    return report
  }

  func lookUp(
    _ query: ConnectionQuery, permit: LookUpPermit, deadline: MonotonicClock.Instant
  ) async -> LookUpReport {
    let id = query.filters.first { $0.name == "connection-id" }?.value
    let hadIntent = journal.records(.intent).contains { $0.connectionID?.description == id }
    begin(
      Call(
        operation: .lookUp, connectionID: nil, query: query, asked: simulation.passed,
        deadline: deadline - simulation.start, hadIntent: hadIntent))
    await simulation.sleep()
    let report = await lookingUp(simulation, query, deadline)
    end(nil)
    return report
  }

  private func begin(_ call: Call) {
    state.withLock { state in
      state.calls.append(call)
      state.underWay.append(call.connectionID)
      state.mostUnderWay = max(state.mostUnderWay, state.underWay.count)
      if let id = call.connectionID {
        state.mostForOne = max(state.mostForOne, state.underWay.count { $0 == id })
      }
    }
  }

  private func end(_ id: ConnectionID?) {
    state.withLock { state in
      if let index = state.underWay.firstIndex(of: id) { state.underWay.remove(at: index) }
    }
  }

  var calls: [Call] { state.withLock { $0.calls } }
  var rejects: [Call] { calls.filter { $0.operation == .reject } }
  var lookUps: [Call] { calls.filter { $0.operation == .lookUp } }
  /// The most calls there were at one time.
  var mostUnderWay: Int { state.withLock { $0.mostUnderWay } }
  /// The most rejects of one connection there were at one time.
  var mostForOne: Int { state.withLock { $0.mostForOne } }
}
