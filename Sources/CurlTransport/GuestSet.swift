import Threads

/// The loop's guests. Belongs to its thread.
final class GuestSet {
  private struct Entry {
    let guest: any LoopGuest
    /// Whether it is to be run at the next turn.
    var isDue = true
    /// When it is to be run at the latest; `nil` for no such time.
    var timer: ContinuousClock.Instant?
  }

  private let poll: SocketPoll
  private var entries: [Entry] = []

  init(poll: SocketPoll) {
    self.poll = poll
  }

  /// When the next one is to be run, whatever happens; `nil` if none is.
  var timer: ContinuousClock.Instant? {
    entries.lazy.compactMap(\.timer).min()
  }

  /// Whether one is to be run at the next turn.
  var areDue: Bool {
    entries.contains(where: \.isDue)
  }

  func admit(_ guest: any LoopGuest) {
    entries.append(Entry(guest: guest))
    poll.watch(guest.descriptor, isReadable: true, isWritable: false)
  }

  func call(_ guest: any LoopGuest) {
    if let index = entries.firstIndex(where: { $0.guest === guest }) { entries[index].isDue = true }
  }

  func dismiss(_ guest: any LoopGuest) {
    entries.removeAll { $0.guest === guest }
    poll.forget(guest.descriptor)
  }

  /// Something can be read: has its guest run at the next turn; `false` if it isn't a guest's.
  func callOwner(of descriptor: Int32) -> Bool {
    guard let index = entries.firstIndex(where: { $0.guest.descriptor == descriptor }) else { return false }
    entries[index].isDue = true
    return true
  }

  /// Runs those that it is time for.
  func run(at now: ContinuousClock.Instant) {
    for index in entries.indices where entries[index].isDue || entries[index].timer.map({ $0 <= now }) == true {
      let pause = entries[index].guest.run()
      entries[index].isDue = pause == .zero
      entries[index].timer = pause.map { now + $0 }
    }
  }
}
