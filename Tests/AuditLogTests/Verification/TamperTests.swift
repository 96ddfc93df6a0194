import Digest
import GatewayCore
import Testing

@testable import AuditLog

/// What someone who can write to the log's files can do to them without being noticed, and what he can't.
@Suite("Tampering")
struct TamperTests {
  /// The lines of each file.
  typealias Log = [[[UInt8]]]

  private let key: Ed25519PrivateKey
  private let signer: CheckpointSigner
  /// Two files of a log with a key, as the gateway writes them.
  private let log: Log
  private let publicKeys: [Ed25519PublicKey]

  init() throws {
    key = try Samples.signingKey()
    signer = try CheckpointSigner(key)
    publicKeys = [try key.publicKey]
    log = try Self.written(signer)
  }

  private static func written(_ signer: CheckpointSigner?) throws -> Log {
    let (files, time) = (FakeLogFileSystem(), ManualTime())
    let writer = try AuditFileWriter(
      path: Samples.path, files: files, clock: Samples.clock, monotonicClock: time.clock, bounds: Samples.bounds,
      signer: signer)
    try writer.append([Samples.intent(1), Samples.outcome(1)])
    time.advance(by: .seconds(10))
    try writer.append([Samples.denied(2)])
    files.rotate(Samples.path, to: Samples.path + ".1")
    #expect(try writer.reopen())
    try writer.append([Samples.intent(3)])
    time.advance(by: .seconds(10))
    try writer.append([Samples.denied(4), Samples.outcome(3)])
    try writer.close()
    return files.contents.map(\.lines)
  }

  private func verify(_ log: Log, keys: [Ed25519PublicKey]? = nil) -> ChainReport {
    verify(log.map { $0.flatMap { $0 } }, keys: keys)
  }

  /// What `audit verify` would say of files with these contents.
  private func verify(_ contents: [[UInt8]], keys: [Ed25519PublicKey]? = nil) -> ChainReport {
    var verifier = LogVerifier(contents.indices.map { "/\($0)" }, publicKeys: keys ?? publicKeys)
    for (index, content) in contents.enumerated() where verifier.firstBreak == nil {
      verifier.begin(index)
      Self.feed(content, to: &verifier)
    }
    return verifier.report
  }

  /// Gives it the lines as a reader of the file finds them.
  private static func feed(_ content: [UInt8], to verifier: inout LogVerifier) {
    for line in content.splitIntoLines where verifier.firstBreak == nil { verifier.take(line) }
  }

  /// Every change of one byte that `changes` makes, in every place: the report after it.
  ///
  /// What comes before the changed line is checked once for all of them.
  private func changeEveryByte(
    of log: Log, keys: [Ed25519PublicKey]? = nil, _ changes: (UInt8) -> [[UInt8]],
    _ judge: (ChainReport, _ place: String, _ isInLastLine: Bool) -> Void
  ) {
    var verifier = LogVerifier(log.indices.map { "/\($0)" }, publicKeys: keys ?? publicKeys)
    for (file, lines) in log.enumerated() {
      verifier.begin(file)
      for (number, line) in lines.enumerated() {
        let rest = lines[(number + 1)...].flatMap { $0 }
        for index in line.indices {
          for change in changes(line[index]) where change != [line[index]] {
            var changed = verifier
            Self.feed(line[..<index] + change + line[(index + 1)...] + rest, to: &changed)
            for later in log.indices.dropFirst(file + 1) where changed.firstBreak == nil {
              changed.begin(later)
              Self.feed(log[later].flatMap { $0 }, to: &changed)
            }
            judge(
              changed.report, "file \(file), line \(number + 1), byte \(index + 1) to \(change)",
              file == log.count - 1 && number == lines.count - 1)
          }
        }
        verifier.take(line)
      }
    }
  }

  @Test("Nothing was done to it: it is whole, and all of it is vouched for")
  func untouched() {
    let report = verify(log)
    #expect(report.firstBreak == nil)
    #expect(report.vouched?.sequence == 14)
    #expect(report.count == 14)
    #expect(log.map(\.count) == [7, 7])
  }

  @Test("Any byte of any line, changed, taken out or with another before it, is detected")
  func everyByte() {
    var count = 0
    changeEveryByte(of: log) { byte in
      [[byte ^ 0x01], [byte ^ 0x20], [byte ^ 0x80], [UInt8(ascii: "\n")], [0], [], [byte, byte]]
    } _: { report, place, _ in
      count += 1
      // Without its LF the last line is torn, which is told; it may be one that is being written.
      let isDetected = report.firstBreak != nil || report.tornLine != nil && report.vouched?.sequence != 14
      #expect(isDetected, "\(place)")
    }
    #expect(count > 20_000)
  }

  @Test("Without a key, that holds for every line but the last, which no other line vouches for")
  func everyByteWithoutKey() throws {
    var missed = 0
    changeEveryByte(of: try Self.written(nil), keys: []) { byte in
      [[byte ^ 0x01], [byte ^ 0x80], []]
    } _: { report, place, isInLastLine in
      if !isInLastLine { #expect(report.firstBreak != nil, "\(place)") }
      if report.firstBreak == nil, report.tornLine == nil { missed += 1 }
    }
    #expect(missed > 0)
  }

  @Test("A line that is taken out is detected, unless it is the last")
  func removedLine() {
    forEveryLine { file, line in
      var changed = log
      changed[file].remove(at: line)
      let isLast = file == 1 && line == 6
      #expect((verify(changed).firstBreak == nil) == isLast, "file \(file), line \(line + 1)")
    }
  }

  @Test("A line that stands twice, anywhere, is detected")
  func repeatedLine() {
    forEveryLine { file, line in
      forEveryLine { otherFile, place in
        var changed = log
        changed[otherFile].insert(log[file][line], at: place)
        #expect(
          verify(changed).firstBreak != nil,
          "file \(file), line \(line + 1) before file \(otherFile), line \(place + 1)")
      }
      var changed = log
      changed[1].append(log[file][line])
      #expect(verify(changed).firstBreak != nil, "file \(file), line \(line + 1) at the end")
    }
  }

  @Test("Two lines that changed places, across files as well, are detected")
  func swappedLines() {
    forEveryLine { file, line in
      forEveryLine { otherFile, other in
        guard (file, line) < (otherFile, other) else { return }
        var changed = log
        changed[file][line] = log[otherFile][other]
        changed[otherFile][other] = log[file][line]
        #expect(
          verify(changed).firstBreak != nil, "file \(file), line \(line + 1), file \(otherFile), line \(other + 1)")
      }
    }
  }

  @Test("A line moved to the other file is detected")
  func movedBorder() {
    var changed = log
    changed[1].insert(changed[0].removeLast(), at: 0)
    #expect(verify(changed).firstBreak != nil)
    changed = log
    changed[0].append(changed[1].removeFirst())
    #expect(verify(changed).firstBreak != nil)
    #expect(verify([log[0] + log[1]]).firstBreak != nil)
  }

  @Test(
    "Lines that are cut off at the end are NOT detected by the files alone; the copy of the head tells",
    arguments: 1...13)
  func cutOff(count: Int) {
    let lines = log.flatMap { $0 }
    let kept = Array(lines.dropLast(count))
    let files = [Array(kept.prefix(7)), Array(kept.dropFirst(7))].filter { !$0.isEmpty }
    let report = verify(files)
    #expect(report.firstBreak == nil)
    // What is left is vouched for up to its own last checkpoint, and not beyond.
    let checkpoints = kept.indices.filter { lines[$0].text.contains("\"stage\":\"checkpoint\"") }
    #expect(report.vouched?.sequence == checkpoints.last.map { Int64($0 + 1) })
    #expect(report.headHash != verify(log).headHash)
    #expect(report.lastSequence == Int64(14 - count))
    // A log that was cut in the middle of a file doesn't end as a closed one does.
    #expect(report.isClosed == [1, 7, 8].contains(count))
  }

  @Test(
    "A file that is taken away in the middle is detected, the newest one is not; the oldest one is said to be missing")
  func removedFile() throws {
    let third = Samples.log(
      [Samples.opened(previousFile: "audit.jsonl.1")], after: try ChainHead(tail: log.flatMap { $0 }.flatMap { $0 }))
    #expect(verify(log + [third]).firstBreak == nil)
    #expect(verify([log[0], third]).firstBreak?.what.contains("are missing") == true)
    #expect(verify(log).firstBreak == nil)
    #expect(verify([log[1], third]).startsAfter == 7)
  }

  @Test("A log that is rewritten from a line on, hashes and all, is detected at the next checkpoint")
  func rewritten() throws {
    let lines = log.flatMap { $0 }
    let places = checkpoints(in: lines)
    for first in lines.indices where !places.contains(first) {
      let changed = try rechained(lines, from: first)
      let report = verify([Array(changed[..<7]), Array(changed[7...])])
      #expect(report.firstBreak?.what.contains("signature is wrong") == true, "line \(first + 1)")
      let next = try #require(places.first { $0 > first })
      #expect(report.count == next)
    }
  }

  @Test("Without its checkpoints from that line on, it is NOT detected, but vouched for only up to the one before")
  func rewrittenWithoutCheckpoints() throws {
    let lines = log.flatMap { $0 }
    let places = checkpoints(in: lines)
    for first in 1..<7 where !places.contains(first) {
      let kept = lines[..<7].enumerated().filter { $0.offset < first || !places.contains($0.offset) }.map(\.element)
      let report = verify([try rechained(kept, from: first)])
      #expect(report.firstBreak == nil)
      #expect(report.vouched?.sequence == places.last { $0 < first }.map { Int64($0 + 1) })
    }
  }

  @Test("A log without any checkpoint isn't vouched for at all")
  func stripped() throws {
    let report = verify(try Self.written(nil))
    #expect(report.firstBreak == nil)
    #expect(report.vouched == nil)
    #expect(report.checkpointCount == 0)
  }

  @Test("A log that someone else signed is detected, be it under his name or the true key's")
  func otherKey() throws {
    let other = try Ed25519PrivateKey.generate()
    let report = verify(try Self.written(CheckpointSigner(other)))
    #expect(report.firstBreak?.what.contains("none of those given") == true)
    let forged = CheckpointSigner(keyID: signer.keyID) { message throws(KeyError) in try other.signature(for: message) }
    #expect(verify(try Self.written(forged)).firstBreak?.what.contains("signature is wrong") == true)
  }

  @Test("Whoever has the private key can write any log: that is NOT detected")
  func stolenKey() throws {
    let lines = log.flatMap { $0 }
    var changed = lines
    changed[1] = Array(lines[1].text.replacing("CHG-1", with: "CHG-2").utf8)
    changed = try rechained(changed, from: 2, signer: signer)
    let report = verify([Array(changed[..<7]), Array(changed[7...])])
    #expect(report.firstBreak == nil)
    #expect(report.vouched?.sequence == 14)
    // A copy of the head from elsewhere tells all the same.
    #expect(report.headHash != verify(log).headHash)
  }

  @Test("Keys may change: with every public key the log is vouched for, with one of them missing it is broken")
  func rotatedKeys() throws {
    let files = FakeLogFileSystem()
    let keys = try (0..<3).map { _ in try Ed25519PrivateKey.generate() }
    for key in keys {
      let writer = try AuditFileWriter(
        path: Samples.path, files: files, clock: Samples.clock, bounds: Samples.bounds, signer: CheckpointSigner(key))
      try writer.close()
    }
    let log = files.contents.map(\.lines)
    let publicKeys = try keys.map { try $0.publicKey }
    #expect(verify(log, keys: publicKeys).vouched?.sequence == 9)
    for missing in publicKeys.indices {
      var some = publicKeys
      some.remove(at: missing)
      let report = verify(log, keys: some)
      #expect(report.firstBreak?.line == 3 * (missing + 1))
    }
  }

  @Test("Without a public key, checkpoints are counted, and nothing is vouched for")
  func unchecked() {
    let report = verify(log, keys: [])
    #expect(report.firstBreak == nil)
    #expect(report.checkpointCount == 4)
    #expect(report.vouched == nil)
  }

  // MARK: What a forger does

  private func forEveryLine(_ body: (_ file: Int, _ line: Int) -> Void) {
    for file in log.indices {
      for line in log[file].indices { body(file, line) }
    }
  }

  private func checkpoints(in lines: [[UInt8]]) -> [Int] {
    lines.indices.filter { lines[$0].text.contains("\"stage\":\"checkpoint\"") }
  }

  /// Changes a line's time, and gives it and all lines after it the numbers and hashes that fit.
  ///
  /// - Parameter signer: signs the checkpoints again, if it is there.
  private func rechained(_ lines: [[UInt8]], from first: Int, signer: CheckpointSigner? = nil) throws -> [[UInt8]] {
    var head = try ChainHead(tail: lines[..<first].flatMap { $0 })
    return lines.enumerated().map { number, line in
      guard number >= first else { return line }
      var text = line.text
      if number == first { text = text.replacing("00.123456Z", with: "00.123457Z") }
      text.replace(/"seq":[0-9]+/, with: "\"seq\":\(number + 1)")
      text.replace(/"prev":"[0-9a-f]+"/, with: "\"prev\":\"\(head.hash)\"")
      if let signer, text.contains("\"stage\":\"checkpoint\"") {
        text = signer.line(after: head)
      }
      head.advance(over: Array(text.utf8))
      return Array(text.utf8)
    }
  }
}

extension CheckpointSigner {
  fileprivate func line(after head: ChainHead) -> String {
    guard let record = try? checkpoint(after: head, time: Samples.time) else { return "" }
    return record.line(time: Samples.time, sequence: head.sequence + 1, previous: head.hash).text
  }
}

extension [UInt8] {
  /// The lines with their LF, the last one as it is.
  fileprivate var splitIntoLines: [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = self[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(Array(rest[...end]))
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { lines.append(Array(rest)) }
    return lines
  }
}
