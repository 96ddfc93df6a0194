import Digest

@testable import AuditLog

extension ChainHead {
  /// The head of a log that ends with these bytes.
  init(tail: [UInt8]) throws {
    self.init()
    guard let last = tail.lines.last else { return }
    sequence = try AuditLine(last).sequence
    hash = Hex.encode(SHA256.digest(last))
  }
}
