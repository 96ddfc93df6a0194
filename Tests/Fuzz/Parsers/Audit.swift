import Digest
import FoundationEssentials
import GatewayCore

@testable import AuditLog

/// A file of the audit log, as the start and `audit verify` read it: as it is, and with its records put into a chain, since
/// no other input gets past the second line.
@Sendable func fuzzAudit(_ bytes: [UInt8]) {
  let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
  let records = lines.compactMap { try? AuditLine($0 + [UInt8(ascii: "\n")]) }
  for record in records { check(record) }
  compare(bytes)
  compare(chained(records))
}

private func check(_ record: AuditLine) {
  promise(record.bytes.count { $0 < 0x20 || $0 == 0x7F } == 1, "its LF is the one control character")
  guard let object = try? JSONDecoder().decode(StrictObject.self, from: Data(record.bytes)) else {
    fatalError("a record is a JSON object")
  }
  let members = object.members
  promise(members["stage"] == .string(record.stage.rawValue), "its stage")
  promise(members["seq"] == .integer(record.sequence), "its number")
  promise(members["prev"] == .string(record.previous) && Hex.decode(record.previous)?.count == 32, "a hash")
  promise(members["time"] == .string(record.time), "its time")
  promise(record.previousFile.map(StrictValue.string) == members["previousFile"], "the file before")
}

/// The start and `audit verify` agree whether a file is whole.
private func compare(_ bytes: [UInt8]) {
  var verifier = LogVerifier(["audit.jsonl"], publicKeys: [])
  verifier.begin(0)
  var rest = bytes[...]
  while !rest.isEmpty, verifier.firstBreak == nil {
    let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
    verifier.take(Array(rest[..<end]))
    rest = rest[end...]
  }
  let report = verifier.report
  let isWhole = report.isWhole && report.tornLine == nil
  promise(report.count <= bytes.count { $0 == UInt8(ascii: "\n") }, "no more records than lines")
  guard let scan = try? LogScan(FileInMemory(bytes)) else { fatalError("the file can be read") }
  promise((scan.ending == .whole) == isWhole, "the start and 'audit verify' agree")
  if isWhole, let head = report.headHash { promise(scan.head.hash == head, "they agree on the head") }
}

/// The same records, each with the number and the hash that it should have.
private func chained(_ records: [AuditLine]) -> [UInt8] {
  var file: [UInt8] = []
  var head = ChainHead()
  for record in records {
    // `{"time":"2026-11-22T16:00:00.000000Z","seq":`
    let beginning = record.bytes.prefix(44)
    let end = record.bytes.dropFirst(44).drop { $0.isASCIIDigit }.dropLast(67)
    let line = Array(beginning) + Array("\(head.sequence + 1)".utf8) + end + Array("\(head.hash)\"}\n".utf8)
    head.advance(over: line)
    file += line
  }
  return file
}

/// A file that is only read.
private final class FileInMemory: LogFile {
  let identity = FileIdentity(device: 0, inode: 0)
  let name = "audit.jsonl"
  let hasName = true
  let isNew = false
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  func size() -> Int64 { Int64(bytes.count) }

  func read(at offset: Int64, limit: Int) -> [UInt8] {
    Array(bytes.dropFirst(Int(offset)).prefix(limit))
  }

  func append(_ bytes: [UInt8]) {}
  func sync() {}
  func truncate(to size: Int64) {}
  func close() {}
}
