import Digest
import Testing

@testable import AuditLog

/// Every call that a log makes in its life fails once, before, halfway or after it took effect; then two of them.
@Suite("Sequence errors")
struct SequenceErrorTests {
  typealias Effect = FakeLogFileSystem.Effect

  private static func life(faults: [(index: Int, effect: Effect)]) -> LogLife {
    var life = LogLife()
    for fault in faults { life.files.failCall(fault.index, fault.effect) }
    life.run()
    return life
  }

  private static let callCount = life(faults: []).files.calls.count

  /// One life for every call that can fail.
  private static let lives = Dictionary(
    uniqueKeysWithValues: Effect.allCases.map { effect in
      (effect, (0..<callCount).map { life(faults: [($0, effect)]) })
    })

  /// The faults after which something doesn't hold, each named by its call.
  private static func faults(_ effect: Effect, where isBroken: (LogLife) -> Bool) -> [String] {
    (lives[effect] ?? []).enumerated().compactMap { isBroken($1) ? name($0, $1) : nil }
  }

  private static func name(_ index: Int, _ life: LogLife) -> String {
    let calls = life.files.operations
    return "call \(index), \(index < calls.count ? calls[index].rawValue : "never made")"
  }

  private static func breakInChain(_ life: LogLife) -> String? {
    life.files.breakInChain
  }

  /// Whether each of these records stands in the files so many times.
  private static func stand(_ marks: [String], _ times: Int, _ life: LogLife) -> Bool {
    let occurrences = life.occurrences
    return marks.allSatisfy { (occurrences[$0] ?? 0) == times }
  }

  @Test("Without a fault, everything is acknowledged and on disk")
  func noFault() {
    let life = Self.life(faults: [])
    #expect(life.acknowledged.count == 14)
    #expect(life.closings.count == 7 && life.closings.values.allSatisfy { $0 == 1 })
    #expect(life.refusedOutcomes.isEmpty && life.refusedOthers.isEmpty && life.lost.isEmpty && life.recovered)
    #expect(Self.breakInChain(life) == nil)
    #expect(
      Set(life.files.operations).isSuperset(of: [
        .open, .size, .read, .append, .sync, .truncate, .syncDirectory, .names,
      ]))
  }

  @Test("A file whose sync failed gets no other append and no other sync", arguments: Effect.allCases)
  func neverAgain(effect: Effect) {
    #expect(Self.faults(effect) { !$0.files.violations.isEmpty } == [])
  }

  @Test("No acknowledged record is missing from the disk, at any moment", arguments: Effect.allCases)
  func acknowledgedIsDurable(effect: Effect) {
    #expect(Self.faults(effect) { !$0.lost.isEmpty } == [])
  }

  @Test("The chain over the files in order is whole, whichever call failed", arguments: Effect.allCases)
  func chainIsWhole(effect: Effect) {
    #expect(Self.faults(effect) { Self.breakInChain($0) != nil } == [])
  }

  @Test("After one fault the log recovers, and no more than one batch was refused", arguments: Effect.allCases)
  func recovers(effect: Effect) {
    // The largest batch has two records, and a call whose intent was refused has no outcome.
    #expect(Self.faults(effect) { !$0.recovered || $0.acknowledged.count < 11 } == [])
  }

  @Test("What was acknowledged stands in the files exactly once", arguments: Effect.allCases)
  func acknowledgedOnce(effect: Effect) {
    #expect(Self.faults(effect) { life in !Self.stand(life.acknowledged, 1, life) } == [])
  }

  @Test("An outcome in a failed batch stands exactly once in a later file", arguments: Effect.allCases)
  func refusedOutcomeOnce(effect: Effect) {
    #expect(Self.faults(effect) { life in !Self.stand(life.refusedOutcomes, 1, life) } == [])
  }

  @Test("An intent or a refusal in a failed batch stands nowhere", arguments: Effect.allCases)
  func refusedNowhere(effect: Effect) {
    #expect(Self.faults(effect) { life in !Self.stand(life.refusedOthers, 0, life) } == [])
  }

  @Test("Every intent that is in the files is closed there once", arguments: Effect.allCases)
  func closedOnce(effect: Effect) {
    #expect(Self.faults(effect) { !$0.closings.values.allSatisfy { $0 == 1 } } == [])
  }

  /// Whether what was acknowledged was on disk, no failed file was used again, and the chain is whole.
  private static func isGood(_ life: LogLife) -> Bool {
    life.lost.isEmpty && life.files.violations.isEmpty && breakInChain(life) == nil
  }

  @Test("With two faults close to each other, what was acknowledged is on disk, and the chain is whole")
  func twoFaults() {
    var broken: [String] = []
    for first in 0..<Self.callCount {
      for second in first + 1...first + 10 {
        let life = Self.life(faults: [(first, .nothing), (second, .nothing)])
        if !Self.isGood(life) { broken.append("\(Self.name(first, life)); \(Self.name(second, life))") }
      }
    }
    #expect(broken == [])
  }

  @Test(
    "A disk that fails for a while, at any time, costs no acknowledged record and doesn't break the chain",
    arguments: [3, 6])
  func badDisk(length: Int) {
    var broken: [String] = []
    for first in 0..<Self.callCount {
      let life = Self.life(faults: (first..<first + length).map { ($0, .nothing) })
      if !Self.isGood(life) { broken.append(Self.name(first, life)) }
    }
    #expect(broken == [])
  }
}
