import Clocks
import GatewayCore

/// A connection with its past, and with what is going to become of it by itself.
struct ConnectionRecord: Sendable {
  private struct Change: Sendable {
    /// `nil` for what holds since ever.
    let since: MonotonicClock.Instant?
    /// `nil` if the connection isn't there.
    let connection: InboundConnection?
  }

  let id: ConnectionID
  /// Its place among all that there ever were. No number is given twice.
  let serial: Int
  /// In the order of time.
  private var changes: [Change]

  /// - Parameter since: `nil` for one that was there before anybody looked.
  init(_ connection: InboundConnection, serial: Int, since: MonotonicClock.Instant?) {
    id = connection.id
    self.serial = serial
    changes = [Change(since: since, connection: connection)]
  }

  /// As it was, or will be, at that moment; `nil` where it isn't there.
  func connection(at moment: MonotonicClock.Instant) -> InboundConnection? {
    changes.last { change in change.since.map { $0 <= moment } ?? true }?.connection
  }

  /// From `moment` on it is like this, and what was going to become of it won't.
  mutating func change(to connection: InboundConnection?, at moment: MonotonicClock.Instant) {
    changes.removeAll { change in change.since.map { $0 > moment } ?? false }
    changes.append(Change(since: moment, connection: connection))
  }
}
