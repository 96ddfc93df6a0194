import AuditLog
import GatewayCore

/// The life of a log from its making over rotations to a second process, with whatever faults its files have.
///
/// It does what `AuditLog` and a service manager do: recover when the writer can't write, start again when it ends. After
/// every step it looks at what a power cut at this moment would leave.
struct LogLife {
  static let path = Samples.path
  private static let tries = 4
  private static let signer = try? CheckpointSigner(Samples.signingKey())

  let files = FakeLogFileSystem()
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
    files.restart()
    guard let writer = start() else { return }
    append([Samples.intent(6)], to: writer)
    append([Samples.outcome(6)], to: writer)
    end(writer)
  }

  /// How many lines of the files are of this record.
  func occurrences(of mark: String) -> Int {
    files.contents.flatMap(\.lines).filter { $0.text.contains(mark) }.count
  }

  private mutating func start() -> AuditFileWriter? {
    for _ in 0..<Self.tries {
      if let writer = try? AuditFileWriter(
        path: Self.path, files: files, clock: Samples.clock, bounds: Samples.bounds, signer: Self.signer)
      {
        return writer
      }
      files.restart()
    }
    recovered = false
    return nil
  }

  private mutating func append(_ records: [AuditRecord], to writer: AuditFileWriter) {
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
    let disk = files.disk.text
    lost.formUnion(acknowledged.filter { !disk.contains($0) })
  }
}
