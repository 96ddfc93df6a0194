import Clocks
import GatewayCore
import TestSupport
import Testing

@testable import AuditLog

@Suite("LastUses")
struct LastUsesTests {
  private static let tokens = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"]
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A line of a log, so many seconds after `Samples.time`; of no caller's where `token` is `nil`.
  private static func line(_ token: String?, at second: Int, _ change: (inout AuditRecord) -> Void = { _ in })
    -> [UInt8]
  {
    var record = Samples.intent(second)
    record.caller = token.map { Caller(tokenID: $0, name: "runbook-eu") }
    if token == nil {
      record = Samples.denied(second)
      record.caller = nil
    }
    change(&record)
    return record.line(
      time: Samples.time.advanced(by: .seconds(second)), sequence: Int64(second + 1), previous: Samples.hash)
  }

  /// In seconds after `Samples.time`.
  private func uses(
    _ log: [[UInt8]], reach: Int = LastUses.reach, blockSize: Int = LastUses.blockSize
  ) throws -> [String: Int64] {
    let path = try folder.write(Array(log.joined()), to: "audit.jsonl")
    return try LastUses.read(path, of: Set(Self.tokens), reach: reach, blockSize: blockSize).mapValues {
      ($0.microseconds - Samples.time.microseconds) / 1_000_000
    }
  }

  @Test("A token's last record counts, whatever it says; a token without one has none")
  func last() throws {
    var denied = Samples.denied(3)
    denied.caller = Caller(tokenID: Self.tokens[1], name: "b")
    let log = [
      Self.line(Self.tokens[0], at: 0), Self.line(Self.tokens[1], at: 1), Self.line(Self.tokens[0], at: 2),
      denied.line(time: Samples.time.advanced(by: .seconds(3)), sequence: 4, previous: Samples.hash),
      Self.line(nil, at: 4), Self.line("dddddddddddd", at: 5),
    ]
    #expect(try uses(log) == [Self.tokens[0]: 2, Self.tokens[1]: 3])
    #expect(try uses([]) == [:])
  }

  @Test("The time is the record's own, even where the clock went back meanwhile")
  func clock() throws {
    #expect(try uses([Self.line(Self.tokens[0], at: 9), Self.line(Self.tokens[0], at: 4)]) == [Self.tokens[0]: 4])
  }

  @Test(
    "A line that lies across two blocks is read as well, and one across many", arguments: [1, 7, 64, 500, 700, 4096])
  func blocks(blockSize: Int) throws {
    let filler = (0..<20).map { Self.line("dddddddddddd", at: $0 + 1) }
    for place in [0, 7, 13, 19] {
      var log = filler
      log[place] = Self.line(Self.tokens[2], at: place)
      #expect(try uses(log, blockSize: blockSize) == [Self.tokens[2]: Int64(place)])
    }
    let log = [Self.line(Self.tokens[0], at: 0)] + filler + [Self.line(Self.tokens[1], at: 999)]
    #expect(try uses(log, blockSize: blockSize) == [Self.tokens[0]: 0, Self.tokens[1]: 999])
  }

  @Test("No more is read than may be")
  func reach() throws {
    let log = [Self.line(Self.tokens[0], at: 0), Self.line(nil, at: 1), Self.line(Self.tokens[1], at: 2)]
    #expect(try uses(log, reach: log[1].count + log[2].count, blockSize: 1) == [Self.tokens[1]: 2])
    #expect(try uses(log, blockSize: 1) == [Self.tokens[0]: 0, Self.tokens[1]: 2])
  }

  @Test("A caller can't fake a use, neither in a text nor by what isn't a record")
  func fakes() throws {
    let fake = "\"caller\":{\"token\":\"aaaaaaaaaaaa\",\"name\":\"x\"}"
    let log = [
      Self.line(nil, at: 0) { $0.userAgent = fake },
      Self.line("dddddddddddd", at: 1) { $0.reason = "x\n{\(fake)}\n" },
      Array("{\"time\":\"2026-11-22T16:00:00.000000Z\",\(fake)}\n".utf8), Array("\(fake)\n".utf8),
      Array(fake.utf8),
    ]
    #expect(try uses(log) == [:])
  }

  @Test("A torn end is passed over")
  func torn() throws {
    let torn = Array(Self.line(Self.tokens[0], at: 7).dropLast(20))
    #expect(try uses([Self.line(Self.tokens[0], at: 3), torn]) == [Self.tokens[0]: 3])
  }

  @Test("A line that is longer than any record ends nothing")
  func longLine() throws {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: AuditRecord.lineLimit + 200_000) + [UInt8(ascii: "\n")]
    #expect(try uses([Self.line(Self.tokens[0], at: 3), long]) == [Self.tokens[0]: 3])
    #expect(try uses([Self.line(Self.tokens[0], at: 3), long], blockSize: 100_000) == [Self.tokens[0]: 3])
  }

  @Test("What can't be read is told")
  func unreadable() throws {
    #expect(throws: LastUses.Unreadable(reason: "No such file or directory")) {
      try LastUses.read(folder.file("none"), of: [])
    }
    #expect(throws: LastUses.Unreadable(reason: "it isn't a regular file")) { try LastUses.read(folder.path, of: []) }
  }
}
