import Clocks
import GatewayCore
import Synchronization

/// Stands in for AWS's list of connections: gives the reports it is told to, the last one again and again, and remembers
/// what it was asked.
final class FakeLookUps: LookUpService {
  struct Call: Sendable {
    let query: ConnectionQuery
    let deadline: MonotonicClock.Instant
  }

  private let reports: [LookUpReport]
  private let events: Events
  private let asked = Mutex<[Call]>([])

  init(_ reports: [LookUpReport], events: Events = Events()) {
    self.reports = reports
    self.events = events
  }

  func lookUp(
    _ query: ConnectionQuery, permit: LookUpPermit, deadline: MonotonicClock.Instant
  ) async -> LookUpReport {
    events.add("looked up")
    let number = asked.withLock { asked in
      asked.append(Call(query: query, deadline: deadline))
      return asked.count - 1
    }
    await yieldToOthers()
    return reports[min(number, reports.count - 1)]
  }

  var calls: [Call] {
    asked.withLock { $0 }
  }
}
