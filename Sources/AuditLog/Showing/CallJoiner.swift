/// Joins the records that pass by to rows, by the rules in `AuditRecord`. Intents wait for what closes them, and nothing else
/// does.
///
/// What closes an intent that isn't there (it is too old, or in a file that wasn't given) is a row of its own: it may be the
/// one that somebody looks for.
struct CallJoiner {
  private let filter: RowFilter
  private var record = RecordReader()
  private var intentRecord = RecordReader()
  private var waiting = WaitingIntents()
  /// How many intents were shown as open because too many others waited.
  private(set) var crowdedOut = 0
  /// The number of the last line that had one, whether it was wanted or not.
  private(set) var lastSequence: Int64?

  init(filter: RowFilter) {
    self.filter = filter
  }

  /// Takes a line, its LF included; `false` if it isn't a record. Of a line that the filter doesn't want this may go unseen.
  mutating func take(_ line: UnsafeRawBufferPointer, _ show: (AuditRow) throws -> Void) rethrows -> Bool {
    if let head = LineHead(line) {
      lastSequence = head.sequence
      guard !filter.isTooOld(head.time) else { return true }
      // It names its intent by the number, and needn't say more.
      guard head.isRecovered || filter.canBeOfInterest(line) else { return true }
    }
    guard record.read(line) else { return false }
    guard !filter.isTooOld(record) else { return true }
    if record.is(.stage, "recovered") {
      try close(.recovered, record.text(.recovers).flatMap { waiting.take(sequence: $0) }, show)
      return true
    }
    guard filter.isOfInterest(record) else { return true }
    if record.is(.stage, "intent") {
      waiting.add(line, of: call, sequence: record.text(.sequence) ?? "")
      if waiting.areTooMany, let oldest = waiting.takeOldest() {
        crowdedOut += 1
        try showOpen(oldest, show)
      }
    } else if record.is(.stage, "outcome") {
      try close(.answered, waiting.take(of: call), show)
    } else if record.is(.stage, "denied") {
      try self.show(AuditRow(state: .denied, first: record, last: record), show)
    } else if record.is(.stage, "suppressed") {
      try self.show(AuditRow(state: .suppressed, first: record, last: record), show)
    }
    return true
  }

  /// Shows the calls that have no outcome, in the order in which they came.
  mutating func end(_ show: (AuditRow) throws -> Void) rethrows {
    while let intent = waiting.takeOldest() { try showOpen(intent, show) }
  }

  private var call: WaitingIntents.Call {
    WaitingIntents.Call(requestID: record.text(.requestID) ?? "", connectionID: record.text(.connectionID) ?? "")
  }

  private mutating func close(
    _ state: AuditRow.State, _ intent: [UInt8]?, _ show: (AuditRow) throws -> Void
  ) rethrows {
    guard let intent else {
      if filter.isOfInterest(record) { try self.show(AuditRow(state: state, first: record, last: record), show) }
      return
    }
    try intent.withUnsafeBytes { line in
      // It could be read before.
      guard intentRecord.read(line) else { return }
      try self.show(AuditRow(state: state, first: intentRecord, last: record), show)
    }
  }

  private mutating func showOpen(_ intent: [UInt8], _ show: (AuditRow) throws -> Void) rethrows {
    try intent.withUnsafeBytes { line in
      guard intentRecord.read(line) else { return }
      try self.show(AuditRow(state: .open, first: intentRecord, last: intentRecord), show)
    }
  }

  private func show(_ row: AuditRow, _ show: (AuditRow) throws -> Void) rethrows {
    if filter.takes(row) { try show(row) }
  }
}
