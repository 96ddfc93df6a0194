import Digest
import FoundationEssentials
import GatewayCore

/// Where the chain stands: the last line's number and hash.
struct ChainHead: Equatable {
  /// What stands in for the hash of the line before a log's very first one.
  static let zeroHash = String(repeating: "0", count: 64)

  var sequence: Int64 = 0
  var hash = zeroHash

  init() {}

  /// The head of a file that ends with these bytes.
  ///
  /// - Throws: `AuditUnavailable`, if they don't end in a whole record.
  init(tail: [UInt8]) throws(AuditUnavailable) {
    guard let last = tail.last else { return }
    guard last == UInt8(ascii: "\n") else {
      throw AuditUnavailable(
        "it ends in a torn line, as after a power cut; look at it with 'audit verify', move it aside, and start again")
    }
    let start = tail.dropLast().lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? tail.startIndex
    let line = Array(tail[start...])
    guard let record = try? JSONDecoder().decode(AuditLine.self, from: Data(line)), record.canBeCountedFrom,
      record.seq > 0
    else {
      throw AuditUnavailable("its last line isn't an audit record; is it the right file?")
    }
    sequence = record.seq
    hash = Hex.encode(SHA256.digest(line))
  }

  /// The head after this line.
  mutating func advance(over line: [UInt8]) {
    sequence += 1
    hash = Hex.encode(SHA256.digest(line))
  }
}

/// What the chain needs of a line, read back.
struct AuditLine: Decodable {
  let time: String
  let seq: Int64
  let stage: String
  let requestId: String?
  let connectionId: String?
  let prev: String

  /// Whether the numbers before and after `seq` are numbers, too.
  var canBeCountedFrom: Bool {
    seq > .min && seq < .max
  }
}
