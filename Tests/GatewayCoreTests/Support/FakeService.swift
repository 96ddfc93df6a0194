import Clocks
import GatewayCore
import Synchronization

/// Stands in for AWS: gives the report it is told to, and remembers what it was asked.
final class FakeService: RejectionService {
  struct Call: Sendable {
    let connectionID: ConnectionID
    let deadline: MonotonicClock.Instant
  }

  private let report: RejectionReport
  private let events: Events
  private let whileAsked: @Sendable () -> Void
  private let asked = Mutex<[Call]>([])

  init(_ report: RejectionReport, events: Events = Events(), whileAsked: @escaping @Sendable () -> Void = {}) {
    self.report = report
    self.events = events
    self.whileAsked = whileAsked
  }

  func reject(
    _ connectionID: ConnectionID, under receipt: borrowing IntentReceipt, deadline: MonotonicClock.Instant
  ) async -> RejectionReport {
    events.add("sent")
    asked.withLock { $0.append(Call(connectionID: connectionID, deadline: deadline)) }
    whileAsked()
    await yieldToOthers()
    events.add("AWS answered")
    return report
  }

  var calls: [Call] {
    asked.withLock { $0 }
  }
}
