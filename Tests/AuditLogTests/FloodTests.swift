import Clocks
import FoundationEssentials
import GatewayCore
import Logging
import TestSupport
import Testing

@testable import AuditLog

/// Refused calls, more than the log has room for: each is in it once, as a record or in a count.
@Suite("Floods", .timeLimit(.minutes(2)))
struct FloodTests {
  private let gate: DiskGate
  private let files: FakeLogFileSystem
  private let time = ManualTime()
  private let log: AuditLog

  init() throws {
    let gate = DiskGate()
    self.gate = gate
    files = FakeLogFileSystem { gate.pass() }
    log = try AuditLog(
      path: Samples.path, files: files, clock: .system, monotonicClock: time.clock, bounds: Samples.bounds,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private struct Line: Decodable {
    struct Client: Decodable {
      let address: String
    }

    let stage: String
    let count: Int?
    let client: Client?
  }

  private var lines: [Line] {
    files.contents.flatMap(\.lines).compactMap { try? JSONDecoder().decode(Line.self, from: Data($0)) }
  }

  private var written: Int { lines.count { $0.stage == "denied" } }
  private var counted: Int { lines.reduce(0) { $0 + ($1.stage == "suppressed" ? $1.count ?? 0 : 0) } }

  /// Refuses so many calls of an address; how many of them were told that the audit can't be written.
  private func refuse(_ count: Int, from address: String = "10.1.2.3") async -> Int {
    var failures = 0
    for number in 0..<count {
      var record = Samples.denied(number)
      record.client = Client(address: address, peer: "127.0.0.1")
      do {
        try await log.append(record)
      } catch {
        failures += 1
      }
    }
    return failures
  }

  @Test("At close, what was counted is written before the closed record")
  func close() async {
    #expect(await refuse(500) == 0)
    #expect(await refuse(70, from: "10.1.2.4") == 0)
    log.close()
    #expect(lines.filter { $0.stage == "suppressed" }.map(\.count) == [450, 20])
    #expect(lines.filter { $0.stage == "suppressed" }.map(\.client?.address) == ["10.1.2.3", "10.1.2.4"])
    #expect(written == 100)
    #expect(lines.suffix(3).map(\.stage) == ["suppressed", "suppressed", "closed"])
    #expect(log.suppressedCount == 470)
  }

  @Test("What was counted is written when it has waited 8 seconds, though nothing else happens")
  func due() async {
    #expect(await refuse(60) == 0)
    time.advance(by: .milliseconds(7999))
    try? await log.append(Samples.intent(1))
    #expect(counted == 0)
    time.advance(by: .milliseconds(1))
    #expect(await eventually { counted == 10 })
    log.close()
    #expect(counted == 10)
  }

  @Test("Before a rotation, what was counted goes to the old file")
  func rotation() async {
    #expect(await refuse(60) == 0)
    files.rotate(Samples.path, to: Samples.path + ".1")
    log.reopen()
    #expect(await eventually { files.names.count == 2 })
    log.close()
    let old = files.content(of: Samples.path + ".1")?.lines.map(\.text) ?? []
    #expect(old.suffix(2).first?.contains("\"stage\":\"suppressed\"") == true)
    #expect(old.last?.contains("\"stage\":\"closed\"") == true)
  }

  @Test("A refusal beyond the rate doesn't wait for a disk that takes its time")
  func doesNotWait() async {
    #expect(await refuse(50) == 0)
    gate.arm()
    let waiting = Task { [log] in try? await log.append(Samples.intent(1)) }
    #expect(await eventually { gate.isHolding })
    #expect(await refuse(1000) == 0)
    #expect(gate.isHolding)
    gate.release()
    await waiting.value
    log.close()
    #expect(counted == 1000)
  }

  @Test("A refusal that can't be written is told so, counted, and in a count once there is a disk again")
  func failingDisk() async {
    files.failNext(.sync, times: .max)
    #expect(await refuse(80) == 50)
    #expect(await eventually { !log.isWritable })
    // The counts fail as well, again and again.
    time.advance(by: .seconds(60))
    let syncsBefore = files.operations.count { $0 == .sync }
    #expect(await eventually { files.operations.count { $0 == .sync } >= syncsBefore + 2 })
    #expect(written + counted == 0)
    files.failNext(.sync, times: 0)
    #expect(await eventually { counted == 80 })
    #expect(await refuse(3) == 0)
    log.close()
    #expect(written == 3)
    #expect(counted == 80)
    #expect(files.violations == [])
  }

  @Test("A count whose own write fails is written to the next file, and once")
  func failingCount() async {
    #expect(await refuse(60) == 0)
    files.failNext(.sync)
    time.advance(by: .seconds(10))
    #expect(await eventually { counted == 10 })
    log.close()
    #expect(written == 50)
    #expect(counted == 10)
    #expect(files.names.count == 2)
  }

  @Test("Whatever fails at a sync, an append or an open, written and counted are all there were", arguments: 1...6)
  func sum(seed: Int) async {
    let total = 400
    for round in 0..<total / 20 {
      let operation: [FakeLogFileSystem.Operation] = [.sync, .append, .open, .rename]
      if (round + seed) % 3 == 0 { files.failNext(operation[(round + seed) % 4]) }
      _ = await refuse(20, from: "10.1.2.\(round % 4)")
      time.advance(by: .milliseconds(700 * seed))
    }
    for operation in FakeLogFileSystem.Operation.allCases { files.failNext(operation, times: 0) }
    #expect(await eventually { log.isWritable })
    log.close()
    #expect(written + counted == total)
    #expect(files.violations == [])
  }
}
