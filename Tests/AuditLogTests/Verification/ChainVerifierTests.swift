import Clocks
import GatewayCore
import Testing

@testable import AuditLog

@Suite("ChainVerifier")
struct ChainVerifierTests {
  private static let log = Samples.log([
    Samples.intent(1), Samples.intent(2), Samples.outcome(1), Samples.denied(3), Samples.outcome(2),
  ])

  /// Checks the lines; what breaks, if anything.
  private static func check(_ lines: [[UInt8]]) -> (verifier: ChainVerifier, what: String?) {
    var verifier = ChainVerifier()
    do {
      for line in lines { try verifier.take(line) }
      return (verifier, nil)
    } catch {
      return (verifier, error.what)
    }
  }

  @Test("A whole log: its count, its times, the head's hash")
  func whole() throws {
    let (verifier, what) = Self.check(Self.log)
    #expect(what == nil)
    #expect(verifier.report.count == 5)
    #expect(verifier.report.firstTime == "2026-11-22T16:00:00.123456Z")
    #expect(verifier.report.lastTime == "2026-11-22T16:00:00.123456Z")
    #expect(verifier.report.headHash == (try ChainHead(tail: Self.log[4])).hash)
    #expect(verifier.report.startsAfter == nil)
  }

  @Test("Any byte changed in any line but the last is detected", arguments: [UInt8(1), 0x20, 0x80])
  func changedByte(bits: UInt8) {
    for number in 0..<Self.log.count - 1 {
      for index in Self.log[number].indices {
        var changed = Self.log
        changed[number][index] ^= bits
        // As a reader of lines would see them: the change may have made two of one, or one of two.
        let (_, what) = Self.check(changed.flatMap { $0 }.lines)
        #expect(what != nil, "line \(number + 1), byte \(index + 1)")
      }
    }
  }

  @Test("A line taken out is detected, the first one by where the log now begins", arguments: 0..<4)
  func removedLine(number: Int) {
    var lines = Self.log
    lines.remove(at: number)
    let (verifier, what) = Self.check(lines)
    #expect((what != nil) == (number > 0))
    #expect(verifier.report.startsAfter == (number == 0 ? 1 : nil))
  }

  @Test("A line that stands twice is detected", arguments: 0..<5, 0..<6)
  func repeatedLine(number: Int, place: Int) {
    var lines = Self.log
    lines.insert(Self.log[number], at: place)
    // In front of the first line, a later one makes the log begin in the middle; the next line then gives it away.
    #expect(Self.check(lines).what != nil)
  }

  @Test("Two lines that changed places are detected", arguments: 0..<5, 0..<5)
  func swappedLines(one: Int, other: Int) {
    guard one < other else { return }
    var lines = Self.log
    lines.swapAt(one, other)
    #expect(Self.check(lines).what != nil)
  }

  @Test("A line whose prev is right and whose number isn't is detected", arguments: [Int64(1), 2, 4, 17])
  func wrongNumber(sequence: Int64) throws {
    let head = try ChainHead(tail: Self.log[1])
    let line = Samples.outcome(1).line(time: Samples.time, sequence: sequence, previous: head.hash)
    #expect(Self.check([Self.log[0], Self.log[1], line]).what == "its 'seq' is \(sequence), not 3")
  }

  @Test("A log's very first line has the number 1")
  func firstNumber() {
    let line = Samples.intent(1).line(time: Samples.time, sequence: 2, previous: ChainHead.zeroHash)
    #expect(Self.check([line]).what == "its 'seq' is 2, not 1")
  }

  @Test("A log can't begin a second time")
  func secondBeginning() {
    #expect(Self.check(Self.log + [Self.log[0]]).what?.contains("'prev'") == true)
  }

  @Test("A part of a log from the middle on is whole, and says after which number it begins")
  func beginsInTheMiddle() {
    let (verifier, what) = Self.check(Array(Self.log[2...]))
    #expect(what == nil)
    #expect(verifier.report.startsAfter == 2)
    #expect(verifier.report.count == 3)
  }

  @Test("What holds before the break is counted, and no more")
  func countBeforeBreak() {
    var lines = Self.log
    lines.remove(at: 2)
    let (verifier, _) = Self.check(lines)
    #expect(verifier.report.count == 2)
  }

  @Test("Intents without an outcome are listed in the log's order")
  func openIntents() {
    let log = Samples.log([
      Samples.intent(3), Samples.intent(1), Samples.denied(4), Samples.intent(2), Samples.outcome(1),
    ])
    let open = Self.check(log).verifier.intentsWithoutOutcome
    #expect(open.map(\.sequence) == [1, 4])
    #expect(open.map(\.requestID) == ["request-3", "request-2"])
    #expect(open.allSatisfy { $0.time == Samples.time.iso8601Microseconds })
  }

  @Test("A request id that a caller uses again and again is counted, call by call", arguments: 0...3)
  func repeatedRequestID(outcomes: Int) {
    let records = Array(repeating: Samples.intent(1), count: 3) + Array(repeating: Samples.outcome(1), count: outcomes)
    let open = Self.check(Samples.log(records)).verifier.intentsWithoutOutcome
    #expect(open.count == 3 - outcomes)
    #expect(open.allSatisfy { $0.requestID == "request-1" })
  }

  @Test("One request id on two connections is two calls")
  func sameIDOtherConnection() {
    var other = Samples.intent(1)
    other.connectionID = ConnectionID("another-connection")
    let open = Self.check(Samples.log([Samples.intent(1), other, Samples.outcome(1)])).verifier.intentsWithoutOutcome
    #expect(open.map(\.sequence) == [2])
    #expect(open.map(\.connectionID) == ["another-connection"])
  }

  @Test("An outcome whose intent is in a file that wasn't given is no fault")
  func outcomeWithoutIntent() {
    let (verifier, what) = Self.check(Samples.log([Samples.outcome(1), Samples.outcome(1)]))
    #expect(what == nil)
    #expect(verifier.intentsWithoutOutcome.isEmpty)
  }

  @Test("A line that isn't an audit record is told from a changed one", arguments: ["\n", "{}\n", "GET / 200\n"])
  func foreignLine(text: String) {
    #expect(Self.check(Self.log + [Array(text.utf8)]).what?.hasPrefix("it isn't an audit record") == true)
  }
}
