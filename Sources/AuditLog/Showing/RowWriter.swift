/// Writes rows. Each method gives back bytes for the output, or nothing if they are to come later.
protocol RowWriter {
  mutating func write(_ row: AuditRow, to output: inout [UInt8])
  /// Nothing more comes for now.
  mutating func pause(_ output: inout [UInt8])
}
