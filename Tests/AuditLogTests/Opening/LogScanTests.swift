import Clocks
import Digest
import GatewayCore
import Testing

@testable import AuditLog

@Suite("LogScan")
struct LogScanTests {
  private static let log = Samples.log([
    Samples.opened(), Samples.intent(1), Samples.denied(2), Samples.outcome(1), Samples.intent(3),
  ])

  private func scan(_ lines: [[UInt8]]) throws -> LogScan {
    try scan(bytes: lines.flatMap { $0 })
  }

  private func scan(bytes: [UInt8]) throws -> LogScan {
    let files = FakeLogFileSystem()
    files.put(bytes, at: Samples.path)
    return try LogScan(try files.open(Samples.path))
  }

  private static func end(of lines: some Sequence<[UInt8]>) -> Int64 {
    lines.reduce(0) { $0 + Int64($1.count) }
  }

  /// Where the log breaks, if it does because of what isn't a record.
  private static func brokenLine(_ scan: LogScan) -> Int? {
    guard case .broken(let line, let what) = scan.ending, what.hasPrefix("it isn't an audit record") else { return nil }
    return line
  }

  @Test("Nothing written yet: number 0 and 64 zeros, and no beginning")
  func empty() throws {
    let scan = try scan([])
    #expect(scan.head.sequence == 0)
    #expect(scan.head.hash == "0000000000000000000000000000000000000000000000000000000000000000")
    #expect(scan.beginning == nil)
    #expect(scan.ending == .whole)
  }

  @Test("The head is the last line's number and the SHA-256 of that line with its LF")
  func head() throws {
    let scan = try scan(Self.log)
    #expect(scan.head.sequence == 5)
    #expect(scan.head.hash == Hex.encode(SHA256.digest(Self.log[4])))
    #expect(scan.ending == .whole)
  }

  @Test("Every line that the writer can write is read, whatever a caller put into it")
  func anyRecord() throws {
    var call = Samples.intent(1)
    call.reason = "\",\"caller\":{\"prev\":\"\\\u{2028}\n\u{0}"
    call.userAgent = String(repeating: "\u{1F600}", count: 512)
    var closing = Samples.outcome(1)
    closing.userAgent = call.userAgent
    var suppressed = AuditRecord(stage: .suppressed)
    suppressed.suppression = Suppression(address: "10.1.2.3", count: 9, since: Samples.time)
    var checkpoint = AuditRecord(stage: .checkpoint)
    checkpoint.checkpoint = Checkpoint(
      keyID: "0123456789abcdef", signature: String(repeating: "A", count: 86) + "==")
    let scan = try scan(Samples.log([Samples.opened(), call, suppressed, checkpoint, closing]))
    #expect(scan.ending == .whole)
    #expect(scan.head.sequence == 5)
    #expect(scan.intents.places == [])
  }

  @Test("A log is read the same, however its lines lie in the blocks that are read")
  func blocks() throws {
    // 2.7 MB; a block is 2 MiB.
    let log = Samples.log(
      [Samples.opened()] + (1...7000).map { $0 % 2 == 1 ? Samples.intent($0) : Samples.outcome($0 - 1) })
    let scan = try scan(log)
    #expect(Self.end(of: log) > LogScan.blockSize)
    #expect(scan.head == (try ChainHead(tail: log[7000])))
    #expect(scan.ending == .whole)
    #expect(scan.intents.places == [])
  }

  @Test("An intent without its outcome is found where it stands; an outcome without its intent is counted")
  func openIntents() throws {
    let log = Samples.log([
      Samples.opened(), Samples.outcome(7), Samples.intent(1), Samples.intent(3), Samples.outcome(1),
    ])
    let scan = try scan(log)
    let place = OpenIntents.Place(sequence: 4, offset: Self.end(of: log[..<3]), length: log[3].count)
    #expect(scan.intents.places == [place])
    #expect(scan.intents.strangerCount == 1)
  }

  @Test("A request id that was used twice at a time has two intents, and needs two outcomes")
  func sameID() throws {
    let two = [Samples.opened(), Samples.intent(1), Samples.intent(1)]
    #expect(try scan(Samples.log(two)).intents.places.map(\.sequence) == [2, 3])
    #expect(try scan(Samples.log(two + [Samples.outcome(1)])).intents.places.map(\.sequence) == [3])
  }

  @Test("A recovered record closes its intent like an outcome")
  func recovered() throws {
    let open = [Samples.opened(), Samples.intent(1), Samples.intent(1)]
    let recovered = LeftIntent.recovered(Samples.log(open)[2], sequence: 3)
    let scan = try scan(Samples.log(open + [recovered]))
    #expect(scan.intents.places.map(\.sequence) == [2])
    #expect(scan.intents.strangerCount == 0)
  }

  @Test("What a later file closes is closed, and what isn't here is looked for further back")
  func laterFile() throws {
    let open = [Samples.opened(), Samples.intent(1), Samples.intent(2), Samples.intent(3)]
    var earlier = try scan(Samples.log(open))
    let recovered = LeftIntent.recovered(Samples.log(open)[2], sequence: 3)
    earlier.end(
      intentsOf: try scan(
        Samples.log(
          [Samples.opened(previousFile: "audit.jsonl.1", openIntents: 5), Samples.outcome(1), recovered]
            + [Samples.outcome(9)], after: ChainHead(sequence: 4, hash: Samples.hash))))
    #expect(earlier.intents.places.map(\.sequence) == [4])
    #expect(earlier.intents.strangerCount == 1)
  }

  @Test("The first line tells of the file before, and how many intents are open in it")
  func beginning() throws {
    let scan = try scan([
      Samples.opened(previousFile: "audit.jsonl.1", openIntents: 2)
        .line(time: Samples.time, sequence: 7, previous: String(repeating: "a", count: 64)),
      Samples.outcome(1).line(
        time: Samples.time, sequence: 8,
        previous: Hex.encode(
          SHA256.digest(
            Samples.opened(previousFile: "audit.jsonl.1", openIntents: 2)
              .line(time: Samples.time, sequence: 7, previous: String(repeating: "a", count: 64))))),
    ])
    #expect(scan.ending == .whole)
    #expect(
      scan.beginning
        == .init(previous: String(repeating: "a", count: 64), previousFile: "audit.jsonl.1", openIntents: 2))
    #expect(scan.carriedIntents == 1)
  }

  @Test("A last line without its LF is torn, however much of it is there", arguments: [1, 40, 200, -1])
  func torn(byteCount: Int) throws {
    let scan = try scan(
      Self.log.dropLast() + [Array(byteCount < 0 ? Self.log[4].dropLast() : Self.log[4].prefix(byteCount))])
    #expect(scan.ending == .torn(from: Self.end(of: Self.log.dropLast())))
    #expect(scan.head == (try ChainHead(tail: Self.log[3])))
    #expect(scan.intents.places == [])
  }

  @Test("Of a file that is one torn line nothing holds")
  func onlyTorn() throws {
    let scan = try scan(bytes: Array(Self.log[0].dropLast(5)))
    #expect(scan.ending == .torn(from: 0))
    #expect(scan.beginning == nil)
    #expect(scan.head == ChainHead())
  }

  @Test(
    "A file in which nothing holds and that doesn't begin like a log isn't a torn one: it may be anybody's",
    arguments: ["hello", "\0\n", "\0hello", "hello\0", "\0\0hello\n", "{\"tim_", "\u{feff}"])
  func anybodys(text: String) throws {
    #expect(Self.brokenLine(try scan(bytes: Array(text.utf8))) == 1)
    #expect(try scan(bytes: Array("{\"ti".utf8)).ending == .torn(from: 0))
  }

  @Test("Blocks of the disk that were never written, with lines of the same write behind them, are a torn end")
  func zeros() throws {
    let last = Self.log[2...].flatMap { $0 }
    let hole = [UInt8](repeating: 0, count: Self.log[2].count + 20)
    let scan = try scan(bytes: Self.log[..<2].flatMap { $0 } + hole + last.dropFirst(hole.count))
    #expect(scan.ending == .torn(from: Self.end(of: Self.log[..<2])))
    #expect(scan.head == (try ChainHead(tail: Self.log[1])))
  }

  @Test("Nothing but zeros behind the last line is a torn end, even more of it than a block")
  func onlyZeros() throws {
    let zeros = [UInt8](repeating: 0, count: LogScan.blockSize + 5)
    #expect(try scan(bytes: Self.log[0] + zeros).ending == .torn(from: Self.end(of: Self.log[..<1])))
    let behind = Array("\n".utf8) + Self.log[1] + Array(Self.log[2].text.replacing("T16:", with: "T17:").utf8)
    #expect(
      try scan(bytes: Self.log[0] + zeros + behind).ending
        == .broken(line: 2, what: "it is longer than a record can be"))
  }

  @Test(
    "Of a file that is zeros alone nothing was ever written, and it is a torn one",
    arguments: [1, LogScan.blockSize + 5])
  func zerosAlone(count: Int) throws {
    let zeros = [UInt8](repeating: 0, count: count)
    let blank = try scan(bytes: zeros)
    #expect(blank.ending == .torn(from: 0))
    #expect(blank.beginning == nil)
    for behind in ["hello", "hello\n", "\n", Self.log[0].text] {
      let scan = try scan(bytes: zeros + behind.utf8)
      guard case .broken(line: 1, _) = scan.ending else {
        Issue.record("\(behind): \(scan.ending)")
        continue
      }
    }
  }

  @Test("Zeros with the records of a later write behind them were put there by someone")
  func zerosInTheMiddle() throws {
    var later = Samples.log([Samples.opened()] + Array(repeating: Samples.denied(1), count: 3))
    later[3] = Samples.denied(1).line(
      time: Samples.time.advanced(by: .seconds(1)), sequence: 4, previous: String(repeating: "a", count: 64))
    let scan = try scan([later[0], Array("\0\n".utf8), later[2], later[3]])
    #expect(scan.ending == .broken(line: 2, what: "it isn't an audit record"))
    #expect(scan.head.sequence == 4)
  }

  @Test(
    "A line that isn't an audit record breaks the log, and the chain goes on from the last one that is",
    arguments: [
      "hello\n", "\n", "{}\n", "[]\n", "{\"time\":\"t\",\"seq\":\"1\",\"stage\":\"opened\",\"prev\":\"\"}\n",
      "{\"time\":\"t\",\"seq\":1,\"stage\":\"opened\"}\n",
    ])
  func foreign(text: String) throws {
    let scan = try scan([Self.log[0], Array(text.utf8)])
    #expect(Self.brokenLine(scan) == 2)
    #expect(scan.head == (try ChainHead(tail: Self.log[0])))
  }

  @Test("A removed, a repeated and a moved line break the log where the next one stands")
  func chainBreaks() throws {
    let what = "its 'prev' isn't the SHA-256 of the line before: one of the two was changed, or lines are missing"
    let log = Self.log
    #expect(try scan([log[0], log[1], log[3], log[4]]).ending == .broken(line: 3, what: what))
    #expect(try scan([log[0], log[1], log[1], log[2]]).ending == .broken(line: 3, what: what))
    let first = "no file begins with this record: what was before it is missing"
    #expect(try scan([log[1], log[0]]).ending == .broken(line: 1, what: first))
  }

  @Test("A number that doesn't count on breaks the log", arguments: [1, 3, 100])
  func sequence(number: Int64) throws {
    let line = Samples.denied(1).line(
      time: Samples.time, sequence: number, previous: Hex.encode(SHA256.digest(Self.log[0])))
    #expect(try scan([Self.log[0], line]).ending == .broken(line: 2, what: "its 'seq' is \(number), not 2"))
  }

  @Test("A number that can't be counted on from isn't a record's", arguments: ["0", "-1", "9223372036854775807", ""])
  func impossibleSequence(number: String) throws {
    let line = Self.log[0].text.replacing("\"seq\":1,", with: "\"seq\":\(number),")
    #expect(Self.brokenLine(try scan([Array(line.utf8)])) == 1)
  }

  @Test("A changed byte anywhere in a line that another one follows breaks the log or tears it")
  func changedByte() throws {
    let log = Array(Self.log[..<3])
    let good = log.flatMap { $0 }
    var unseen: [Int] = []
    for position in 0..<log[0].count + log[1].count {
      var bytes = good
      bytes[position] ^= 1
      if try scan(bytes: bytes).ending == .whole { unseen.append(position) }
    }
    #expect(unseen == [])
  }

  @Test("A line that is longer than any record breaks the log")
  func tooLong() throws {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 2 * LogScan.blockSize)
    let scan = try scan([Self.log[0], long + Array("\n".utf8)])
    #expect(scan.ending == .broken(line: 2, what: "it is longer than a record can be"))
  }

  @Test("In a broken log the intents left open are found all the same")
  func brokenIntents() throws {
    let scan = try scan([Self.log[0], Array("hello\n".utf8), Self.log[1], Self.log[4]])
    #expect(scan.intents.places.map(\.sequence) == [2, 5])
  }
}
