import Digest
import FoundationEssentials

@testable import AuditLog

extension ChainHead {
  /// The head of a log that ends with these bytes.
  init(tail: [UInt8]) throws {
    self.init()
    guard let last = tail.lines.last else { return }
    sequence = try JSONDecoder().decode(AuditLine.self, from: Data(last)).seq
    hash = Hex.encode(SHA256.digest(last))
  }
}
