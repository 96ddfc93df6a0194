import Synchronization

/// What happened, in the order in which it happened: the journal, the service and the tests write here.
final class Events: Sendable {
  private let list = Mutex<[String]>([])

  func add(_ event: String) {
    list.withLock { $0.append(event) }
  }

  var all: [String] {
    list.withLock { $0 }
  }
}

/// Lets others run, so that what isn't waited for falls behind and shows.
func yieldToOthers() async {
  for _ in 0..<20 { await Task.yield() }
}
