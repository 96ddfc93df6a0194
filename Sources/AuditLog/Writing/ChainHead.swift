import Digest
import GatewayCore

/// Where the chain stands: the last line's number and hash.
struct ChainHead: Equatable {
  /// What stands in for the hash of the line before a log's very first one.
  static let zeroHash = String(repeating: "0", count: 64)

  var sequence: Int64 = 0
  var hash = zeroHash

  /// The head after this line.
  mutating func advance(over line: [UInt8]) {
    sequence += 1
    hash = Hex.encode(SHA256.digest(line))
  }
}

extension ChainHead {
  /// The head of a file that ends with these bytes.
  ///
  /// - Throws: `AuditUnavailable`, if they don't end in a whole record.
  init(tail: [UInt8]) throws(AuditUnavailable) {
    self.init()
    guard let last = tail.last else { return }
    guard last == UInt8(ascii: "\n") else {
      throw AuditUnavailable(
        "it ends in a torn line, as after a power cut; look at it with 'audit verify', move it aside, and start again")
    }
    let start = tail.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? tail.startIndex
    let line = Array(tail[start...])
    guard let record = try? AuditLine(line) else {
      throw AuditUnavailable("its last line isn't an audit record; is it the right file?")
    }
    sequence = record.sequence
    hash = Hex.encode(SHA256.digest(line))
  }
}
