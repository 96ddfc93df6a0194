import Digest

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
