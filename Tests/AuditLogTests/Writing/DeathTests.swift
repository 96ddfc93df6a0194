import Testing

@testable import AuditLog

/// The process dies in every call that a log makes in its life, or the machine does: what the next start makes of it.
@Suite("Deaths")
struct DeathTests {
  typealias Effect = FakeLogFileSystem.Effect

  private static func life(cutsPower: Bool, _ prepare: (FakeLogFileSystem) -> Void = { _ in }) -> LogLife {
    var life = LogLife()
    life.cutsPower = cutsPower
    prepare(life.files)
    life.run()
    return life
  }

  private static let callCount = life(cutsPower: false).files.calls.count

  /// What doesn't hold after a life.
  private static func complaint(_ life: LogLife) -> String? {
    if let what = life.files.breakInChain { return what }
    if !life.lost.isEmpty { return "lost: \(life.lost.sorted())" }
    if !life.files.violations.isEmpty { return life.files.violations[0] }
    let occurrences = life.occurrences
    for mark in life.acknowledged where occurrences[mark] != 1 { return "\(occurrences[mark] ?? 0) times: \(mark)" }
    for (call, count) in life.closings where count != 1 { return "\(call) is closed \(count) times" }
    return nil
  }

  @Test(
    "Wherever it dies, what was acknowledged is there, the chain is whole and every intent is closed once",
    arguments: Effect.allCases, [false, true])
  func everyCall(effect: Effect, cutsPower: Bool) {
    var broken: [String] = []
    for index in 0..<Self.callCount {
      let life = Self.life(cutsPower: cutsPower) { $0.die(inCall: index, effect) }
      if let complaint = Self.complaint(life) {
        broken.append("call \(index), \(life.files.operations[index]): \(complaint)")
      }
    }
    #expect(broken == [])
  }

  @Test("So it is where it dies while it mends the log after an earlier death", arguments: [Effect.nothing, .half])
  func twice(effect: Effect) {
    var broken: [String] = []
    for first in 0..<Self.callCount {
      for second in first + 1...first + 8 {
        let life = Self.life(cutsPower: false) {
          $0.die(inCall: first, effect)
          $0.die(inCall: second, .half)
        }
        if let complaint = Self.complaint(life) { broken.append("calls \(first), \(second): \(complaint)") }
      }
    }
    #expect(broken == [])
  }

  @Test(
    "So it is where it dies after a call that failed, while it goes over to a fresh file",
    arguments: [Effect.nothing, .half])
  func afterFault(effect: Effect) {
    var broken: [String] = []
    for first in 0..<Self.callCount {
      for second in first + 1...first + 8 {
        let life = Self.life(cutsPower: false) {
          $0.failCall(first, effect)
          $0.die(inCall: second, .nothing)
        }
        if let complaint = Self.complaint(life) { broken.append("calls \(first), \(second): \(complaint)") }
      }
    }
    #expect(broken == [])
  }
}
