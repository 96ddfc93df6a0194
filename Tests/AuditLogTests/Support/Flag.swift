import Synchronization

/// Something that happened, told from one task to another.
final class Flag: Sendable {
  private let state = Atomic(false)

  var isRaised: Bool {
    state.load(ordering: .acquiring)
  }

  func raise() {
    state.store(true, ordering: .releasing)
  }
}
