package import Clocks
import Glibc

/// Which rows are shown.
package struct RowFilter: Sendable {
  /// What `--outcome` takes: the audit's outcomes, `open` for calls that have none yet, and `denied` for refused calls, whose
  /// outcome is `not_sent` like that of others.
  package static let outcomes = ["rejected", "not_rejected", "not_sent", "unknown", open, denied]
  static let open = "open"
  static let denied = "denied"

  /// What was written earlier isn't looked at. As it is written in the log, so that texts can be compared.
  private let since: [UInt8]?
  private let tokenID: String?
  private let connectionID: String?
  private let outcome: String?
  /// Text without which no line can be of interest.
  private let needles: [Needle]

  /// - Parameters:
  ///   - tokenID: the caller's.
  ///   - connectionID: a valid one.
  ///   - outcome: one of `outcomes`.
  package init(
    since: Timestamp? = nil, tokenID: String? = nil, connectionID: String? = nil, outcome: String? = nil
  ) {
    self.since = since.map { Array($0.iso8601Microseconds.utf8) }
    self.tokenID = tokenID
    self.connectionID = connectionID
    self.outcome = outcome
    needles = [tokenID, connectionID].compactMap { $0 }.map { Needle("\"\($0)\"") }
  }

  /// Whether a record of this time is too old.
  func isTooOld(_ time: UnsafeRawBufferPointer) -> Bool {
    guard let since else { return false }
    guard time.count == since.count, let start = time.baseAddress else { return time.lexicographicallyPrecedes(since) }
    return memcmp(start, since, since.count) < 0
  }

  /// Whether the record is too old.
  func isTooOld(_ record: RecordReader) -> Bool {
    guard let time = record.token(.time) else { return false }
    return isTooOld(UnsafeRawBufferPointer(rebasing: time.dropFirst().dropLast()))
  }

  /// Whether the line has every text that it needs. Far faster than to read it.
  func canBeOfInterest(_ line: UnsafeRawBufferPointer) -> Bool {
    needles.allSatisfy { $0.isIn(line) }
  }

  /// Whether the record is of the caller and the connection asked for.
  func isOfInterest(_ record: RecordReader) -> Bool {
    (tokenID.map { record.is(.token, $0) } ?? true) && (connectionID.map { record.is(.connectionID, $0) } ?? true)
  }

  func takes(_ row: AuditRow) -> Bool {
    switch outcome {
    case nil: true
    case Self.denied: row.state == .denied || row.state == .suppressed
    default: row.outcome == outcome
    }
  }
}
