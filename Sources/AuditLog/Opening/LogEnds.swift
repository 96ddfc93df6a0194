import Digest
import GatewayCore
import Glibc

/// A file's first and last line, without what is between them.
struct LogEnds {
  private static let limit = AuditRecord.lineLimit

  /// The first record's number; `nil` if the file begins with no record.
  let firstSequence: Int64?
  /// Whether all of it is the beginning of one record.
  let isOneTornLine: Bool
  /// The hash of the last whole line; `nil` if there is none.
  let lastHash: String?

  init(_ file: any LogFile) throws(FileError) {
    let newline = UInt8(ascii: "\n")
    let size = try file.size()
    let first = try file.read(at: 0, limit: Self.limit)
    firstSequence = first.firstIndex(of: newline).flatMap { try? AuditLine(Array(first[...$0])).sequence }
    isOneTornLine = size > 0 && size < Self.limit && !first.contains(newline) && LogScan.isTornBeginning(first)
    let last = try file.read(at: max(0, size - Int64(Self.limit)), limit: Self.limit)
    lastHash = last.lastIndex(of: newline).map { end in
      let start = last[..<end].lastIndex(of: newline).map { $0 + 1 } ?? 0
      return Hex.encode(SHA256.digest(last[start...end]))
    }
  }
}
