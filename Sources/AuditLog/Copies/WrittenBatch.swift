import Clocks
import GatewayCore

/// Lines of the log that are on disk.
struct WrittenBatch: Sendable {
  struct Line {
    let stage: AuditRecord.Stage
    /// With its LF.
    let bytes: ArraySlice<UInt8>
  }

  let time: Timestamp
  /// One for each line.
  let stages: [AuditRecord.Stage]
  /// The lines as they stand in the file.
  let bytes: [UInt8]

  /// Calls `body` with each line, in the log's order.
  func forEachLine(_ body: (Line) -> Void) {
    var rest = bytes[...]
    for stage in stages {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
      body(Line(stage: stage, bytes: rest[..<end]))
      rest = rest[end...]
    }
  }
}
