/// Gathers bytes, so that rows don't cost a system call each.
struct RowOutput {
  private static let limit = 1 << 16

  private let write: ([UInt8]) throws(AuditShow.Failure) -> Void
  private var bytes: [UInt8] = []

  init(_ write: @escaping ([UInt8]) throws(AuditShow.Failure) -> Void) {
    self.write = write
  }

  mutating func add(_ body: (inout [UInt8]) -> Void) throws(AuditShow.Failure) {
    body(&bytes)
    if bytes.count >= Self.limit { try flush() }
  }

  mutating func flush() throws(AuditShow.Failure) {
    guard !bytes.isEmpty else { return }
    try write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}
