import GatewayCore

@testable import AuditLog

/// The life of a log from its making over rotations to a second process and a third, which finds a torn end and a call
/// that was cut off; with whatever faults its files have.
///
/// It does what `AuditLog` and a service manager do: recover when the writer can't write, start again when it ends. After
/// every step it looks at what a power cut at this moment would leave.
struct LogLife {
  static let path = Samples.path
  private static let tries = 4
  private static let signer = try? CheckpointSigner(Samples.signingKey())

  let files = FakeLogFileSystem()
  /// Whether a death of the process is the machine's.
  var cutsPower = false
  /// The records that were acknowledged, and the others, by `Samples.mark`.
  private(set) var acknowledged: [String] = []
  private(set) var refusedOutcomes: [String] = []
  private(set) var refusedOthers: [String] = []
  /// Acknowledged records that weren't on disk at some moment.
  private(set) var lost: Set<String> = []
  /// Whether each process came to its end with a writer that could write.
  private(set) var recovered = true
  private var rotations = 0

  /// Lives it through.
  mutating func run() {
    if let writer = start() {
      append([Samples.intent(1), Samples.denied(2)], to: writer)
      append([Samples.outcome(1), Samples.intent(3)], to: writer)
      append([Samples.outcome(3)], to: writer)
      rotate(creating: false)
      reopen(writer)
      append([Samples.intent(4)], to: writer)
      rotate(creating: true)
      append([Samples.outcome(4), Samples.intent(5)], to: writer)
      reopen(writer)
      append([Samples.outcome(5)], to: writer)
      end(writer)
    }
    startAgain()
    if let writer = start() {
      append([Samples.intent(6)], to: writer)
      append([Samples.outcome(6)], to: writer)
      append([Samples.intent(7)], to: writer)
      rotate(creating: false)
      reopen(writer)
      append([Samples.intent(8)], to: writer)
    }
    startAgain()
    files.change(Self.path) { $0 += Array("{\"time\":\"2026-11".utf8) }
    if let writer = start() {
      append([Samples.denied(9)], to: writer)
      end(writer)
    }
    repeat {
      startAgain()
      if let writer = start() { end(writer) }
    } while files.isDead
  }

  /// How many lines of the files are of each record, by `Samples.mark`.
  var occurrences: [String: Int] {
    Self.marks(in: files.contents.flatMap { $0 })
  }

  /// For each call whose intent is in the files, how often it is closed there.
  var closings: [String: Int] {
    let occurrences = occurrences
    return (1...8).reduce(into: [:]) { closings, number in
      let intent = Samples.mark(of: Samples.intent(number))
      guard occurrences[intent] != nil else { return }
      closings["request-\(number)"] = ["outcome", "recovered"].reduce(0) {
        $0 + (occurrences[intent.replacing("intent", with: $1)] ?? 0)
      }
    }
  }

  private static func marks(in bytes: [UInt8]) -> [String: Int] {
    bytes.split(separator: UInt8(ascii: "\n")).reduce(into: [:]) { marks, line in
      guard let record = try? AuditLine(line + Array("\n".utf8)) else { return }
      marks["\"stage\":\"\(record.stage.rawValue)\",\"requestId\":\"\(record.requestID)\"", default: 0] += 1
    }
  }

  private mutating func start() -> AuditFileWriter? {
    for _ in 0..<Self.tries {
      if let writer = try? AuditFileWriter(
        path: Self.path, files: files, clock: Samples.clock, bounds: Samples.bounds, signer: Self.signer)
      {
        return writer
      }
      startAgain()
    }
    recovered = false
    return nil
  }

  private func startAgain() {
    files.restart(powerCut: cutsPower && files.isDead)
  }

  private mutating func append(_ records: [AuditRecord], to writer: AuditFileWriter) {
    // Whose intent was refused, that call has no outcome.
    let records = records.filter { record in
      record.stage != .outcome || acknowledged.contains(Samples.mark(of: record).replacing("outcome", with: "intent"))
    }
    do {
      try writer.append(records)
      acknowledged += records.map(Samples.mark)
    } catch {
      refusedOutcomes += records.filter { $0.stage == .outcome }.map(Samples.mark)
      refusedOthers += records.filter { $0.stage != .outcome }.map(Samples.mark)
    }
    recover(writer)
  }

  /// Says that the log was rotated, and says it again as long as that doesn't help.
  private mutating func reopen(_ writer: AuditFileWriter) {
    for _ in 0..<Self.tries {
      let result = Result { try writer.reopen() }
      recover(writer)
      if case .success = result { return }
    }
  }

  private mutating func recover(_ writer: AuditFileWriter) {
    for _ in 0..<Self.tries where !writer.isWritable { try? writer.recover() }
    if !writer.isWritable { recovered = false }
    lookAtDisk()
  }

  private mutating func end(_ writer: AuditFileWriter) {
    try? writer.close()
    lookAtDisk()
  }

  private mutating func rotate(creating: Bool) {
    rotations += 1
    files.rotate(Self.path, to: "\(Self.path).\(rotations)", creating: creating)
  }

  private mutating func lookAtDisk() {
    let disk = Self.marks(in: files.disk)
    lost.formUnion(acknowledged.filter { disk[$0] == nil })
  }
}
