import Digest
import GatewayCore
import Logging
import TestSupport
import Testing

@testable import AuditLog

/// When the writer signs the head, and what it signs.
@Suite("Checkpoints")
struct CheckpointTests {
  private let files = FakeLogFileSystem()
  private let time = ManualTime()
  private let key: Ed25519PrivateKey

  init() throws {
    key = try Samples.signingKey()
  }

  private func makeWriter(signed: Bool = true) throws -> AuditFileWriter {
    try makeWriter(signer: signed ? CheckpointSigner(key) : nil)
  }

  private func makeWriter(signer: CheckpointSigner?) throws -> AuditFileWriter {
    try AuditFileWriter(
      path: Samples.path, files: files, clock: Samples.clock, monotonicClock: time.clock, bounds: Samples.bounds,
      signer: signer)
  }

  /// The stages of the lines of all files, in order.
  private func stages() throws -> [AuditRecord.Stage] {
    try files.contents.flatMap(\.lines).map { try AuditLine($0).stage }
  }

  /// What a check of all files with the public key says.
  private func verify() throws -> ChainReport {
    var verifier = LogVerifier(files.names, publicKeys: [try key.publicKey])
    for (index, content) in files.contents.enumerated() {
      verifier.begin(index)
      for line in content.lines { verifier.take(line) }
    }
    return verifier.report
  }

  @Test(
    "A checkpoint follows every 100th record since the last one, however many come in one write",
    arguments: [1, 7, 99, 100, 101, 350])
  func everyHundredth(batch: Int) throws {
    let writer = try makeWriter()
    for start in stride(from: 0, to: 700, by: batch) {
      try writer.append((start..<min(start + batch, 700)).map(Samples.denied))
    }
    // `opened` is a record, too.
    let places = try stages().enumerated().filter { $0.element == .checkpoint }.map(\.offset)
    #expect(places == [100, 201, 302, 403, 504, 605, 706])
    #expect(try verify().vouched?.sequence == 707)
  }

  @Test("Records and the checkpoint that is due after them are one append and one sync")
  func oneWrite() throws {
    let writer = try makeWriter()
    let before = files.calls.count
    try writer.append((0..<250).map(Samples.denied))
    #expect(Array(files.operations[before...]) == [.append, .sync])
  }

  @Test("10 s after the first record since the last checkpoint there is one, without another record")
  func afterTenSeconds() throws {
    let writer = try makeWriter()
    try writer.append([Samples.intent(1)])
    time.advance(by: .milliseconds(9_999))
    try writer.writeCheckpointIfDue()
    #expect(try stages() == [.opened, .intent])
    #expect(writer.waitsForCheckpoint)
    time.advance(by: .milliseconds(1))
    try writer.writeCheckpointIfDue()
    #expect(try stages() == [.opened, .intent, .checkpoint])
    #expect(!writer.waitsForCheckpoint)
  }

  @Test("A record that comes later than that takes the checkpoint along")
  func withALaterRecord() throws {
    let writer = try makeWriter()
    time.advance(by: .seconds(10))
    let before = files.calls.count
    try writer.append([Samples.intent(1), Samples.outcome(1)])
    #expect(try stages() == [.opened, .intent, .checkpoint, .outcome])
    #expect(Array(files.operations[before...]) == [.append, .sync])
  }

  @Test("While nothing happens there are no checkpoints, however long that is")
  func idle() throws {
    let writer = try makeWriter()
    time.advance(by: .seconds(10))
    try writer.writeCheckpointIfDue()
    let before = files.calls.count
    for _ in 0..<10 {
      time.advance(by: .seconds(3600))
      try writer.writeCheckpointIfDue()
    }
    #expect(files.calls.count == before)
  }

  @Test("The last line of a log that was closed is a checkpoint, so that all of it is vouched for")
  func close() throws {
    let writer = try makeWriter()
    try writer.append([Samples.intent(1), Samples.outcome(1)])
    let before = files.calls.count
    try writer.close()
    #expect(try stages() == [.opened, .intent, .outcome, .closed, .checkpoint])
    #expect(Array(files.operations[before...]) == [.append, .sync])
    let report = try verify()
    #expect(report.isClosed)
    #expect(report.vouched == .init(sequence: 5, time: report.lastTime ?? "", keyID: try CheckpointSigner(key).keyID))
  }

  @Test("So is the last line of a file that was rotated away")
  func rotation() throws {
    let writer = try makeWriter()
    try writer.append([Samples.intent(1)])
    files.rotate(Samples.path, to: Samples.path + ".1")
    #expect(try writer.reopen())
    #expect(try stages() == [.opened, .intent, .closed, .checkpoint, .opened])
    try writer.close()
    #expect(try verify().vouched?.sequence == 7)
  }

  @Test("Without a key there is no checkpoint; the head is told where one would be")
  func withoutKey() throws {
    let writer = try makeWriter(signed: false)
    #expect(writer.takeMarkedHead() == nil)
    try writer.append((0..<99).map(Samples.denied))
    #expect(writer.takeMarkedHead()?.sequence == 100)
    #expect(writer.takeMarkedHead() == nil)
    try writer.append([Samples.intent(1)])
    #expect(writer.takeMarkedHead() == nil)
    time.advance(by: .seconds(10))
    let before = files.calls.count
    try writer.writeCheckpointIfDue()
    #expect(files.calls.count == before)
    let lines = files.contents.flatMap(\.lines)
    #expect(writer.takeMarkedHead() == ChainHead(sequence: 101, hash: Hex.encode(SHA256.digest(lines[100]))))
    try writer.close()
    #expect(writer.takeMarkedHead()?.sequence == 102)
    #expect(try !stages().contains(.checkpoint))
  }

  @Test("With a key, the head that is told is the checkpoint's own line")
  func headWithKey() throws {
    let writer = try makeWriter()
    try writer.append((0..<150).map(Samples.denied))
    let lines = files.contents.flatMap(\.lines)
    #expect(writer.takeMarkedHead() == ChainHead(sequence: 101, hash: Hex.encode(SHA256.digest(lines[100]))))
  }

  @Test("A head that can't be signed is a failed write: nothing is on disk, the file is done with, a fresh one goes on")
  func signingFails() throws {
    let fails = Flag()
    let good = try CheckpointSigner(key)
    let signer = CheckpointSigner(keyID: good.keyID) { [key] message throws(KeyError) in
      guard !fails.isRaised else { throw KeyError("no more memory") }
      return try key.signature(for: message)
    }
    let writer = try makeWriter(signer: signer)
    try writer.append((0..<98).map(Samples.denied))
    let before = files.disk
    fails.raise()
    let reason = AuditUnavailable("the audit can't be signed: no more memory")
    #expect(throws: reason) { try writer.append([Samples.outcome(1)]) }
    #expect(files.disk == before)
    #expect(!writer.isWritable)
    // The fresh file has the 100th record first, so that it can't be had either.
    #expect(throws: reason) { try writer.recover() }
    #expect(!writer.isWritable)
    #expect(writer.keptCount == 1)
    #expect(files.disk == before)
  }

  @Test(
    "What a failed write took along is signed by the next one: never more than 100 records are without a checkpoint")
  func failedWrite() throws {
    for failing in 1...12 {
      let files = FakeLogFileSystem()
      let writer = try AuditFileWriter(
        path: Samples.path, files: files, clock: Samples.clock, bounds: Samples.bounds, signer: CheckpointSigner(key))
      for batch in 1...12 {
        if batch == failing { files.failNext(.sync) }
        try? writer.append((0..<40).map(Samples.outcome))
        try writer.recover()
      }
      var unsigned = 0
      for line in files.contents.flatMap(\.lines) {
        unsigned = try AuditLine(line).stage == .checkpoint ? 0 : unsigned + 1
        #expect(unsigned <= 100)
      }
    }
  }

  @Test("The log's thread writes the checkpoint when the time has come, by itself", .timeLimit(.minutes(1)))
  func thread() async throws {
    let log = try AuditLog(
      path: Samples.path, files: files, clock: Samples.clock, monotonicClock: time.clock, bounds: Samples.bounds,
      signer: CheckpointSigner(key), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await log.append(Samples.intent(1))
    time.advance(by: .seconds(10))
    #expect(await eventually { files.contents.flatMap(\.lines).count == 3 })
    #expect(try stages() == [.opened, .intent, .checkpoint])
    #expect(await eventually { log.headSequence == 3 })
    log.close()
    #expect(log.headSequence == 5)
  }
}
