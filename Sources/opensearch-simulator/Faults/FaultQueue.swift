import Synchronization

/// The faults that hold, the oldest first.
final class FaultQueue: Sendable {
  private let faults: Mutex<[Fault]>

  init(_ faults: [Fault]) {
    self.faults = Mutex(faults)
  }

  /// Adds a fault; how many there are now.
  func add(_ fault: Fault) -> Int {
    faults.withLock { faults in
      faults.append(fault)
      return faults.count
    }
  }

  func removeAll() {
    faults.withLock { $0.removeAll() }
  }

  /// The oldest fault that matches, with one request of its count used up.
  func take(for inspection: Inspection) -> Fault? {
    faults.withLock { faults in
      guard let index = faults.firstIndex(where: { $0.matches(inspection) }) else { return nil }
      let fault = faults[index]
      if let count = fault.count {
        faults[index].count = count - 1
        if count == 1 { faults.remove(at: index) }
      }
      return fault
    }
  }
}
