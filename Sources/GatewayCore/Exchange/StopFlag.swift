import Synchronization

/// Whether the service is stopping: no call is begun any more, and those under way end as soon as they can.
package final class StopFlag: Sendable {
  private let value = Atomic(false)

  package init() {}

  package var isSet: Bool {
    value.load(ordering: .relaxed)
  }

  package func set() {
    value.store(true, ordering: .relaxed)
  }
}
