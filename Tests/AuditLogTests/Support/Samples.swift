import Clocks
import Digest
import GatewayCore
import Testing

@testable import AuditLog

/// Records and logs to test with.
enum Samples {
  static let path = "/log/audit.jsonl"
  static let bounds = AuditBounds(instance: "a1b2c3d4e5f60718", version: "0.1.0")
  static let time = Timestamp(microseconds: 1_795_363_200_123_456)
  /// A key that signs checkpoints: that of RFC 8032's TEST 1.
  static func signingKey() throws -> Ed25519PrivateKey {
    try Ed25519PrivateKey(
      seed: #require(Hex.decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")))
  }

  /// Some line's hash.
  static let hash = String(repeating: "0123456789abcdef", count: 4)
  static let clock = WallClock.fixed(time)

  static func opened(previousFile: String? = nil, openIntents: Int? = nil) -> AuditRecord {
    var record = AuditRecord(stage: .opened)
    record.bounds = bounds
    record.bounds?.previousFile = previousFile
    record.bounds?.openIntents = openIntents
    return record
  }

  static var closed: AuditRecord {
    var record = AuditRecord(stage: .closed)
    record.bounds = bounds
    return record
  }

  static func intent(_ number: Int) -> AuditRecord {
    var record = call(.intent, number)
    record.reason = "CHG-\(number)"
    return record
  }

  static func outcome(_ number: Int) -> AuditRecord {
    var record = call(.outcome, number)
    record.result = AuditResult(
      httpStatus: 200, code: nil, outcome: .rejected, aws: AWSAnswer(requestID: "aws-\(number)", attempts: 1),
      durationMilliseconds: 12)
    return record
  }

  static func denied(_ number: Int) -> AuditRecord {
    var record = call(.denied, number)
    record.result = AuditResult(httpStatus: 401, code: .unauthenticated, outcome: .notSent)
    return record
  }

  /// What stands in the line of a record, and in no other.
  static func mark(of record: AuditRecord) -> String {
    let requestID = record.requestID.map(\.description) ?? ""
    return "\"stage\":\"\(record.stage.rawValue)\",\"requestId\":\"\(requestID)\""
  }

  /// The records as the lines of a log that begins with them, or goes on with them.
  static func log(_ records: [AuditRecord], after head: ChainHead = ChainHead()) -> [[UInt8]] {
    var head = head
    return records.map { record in
      let line = record.line(time: time, sequence: head.sequence + 1, previous: head.hash)
      head.advance(over: line)
      return line
    }
  }

  private static func call(_ stage: AuditRecord.Stage, _ number: Int) -> AuditRecord {
    var record = AuditRecord(stage: stage)
    record.requestID = RequestID(callerSupplied: "request-\(number)")
    record.action = .reject
    record.connectionID = ConnectionID("connection-\(number)")
    record.caller = Caller(tokenID: "9f2c61d0a4b7", name: "runbook-eu")
    record.client = Client(address: "10.1.2.3", peer: "127.0.0.1")
    return record
  }
}

extension [UInt8] {
  var text: String { String(decoding: self, as: UTF8.self) }

  /// The lines, each with its LF.
  var lines: [[UInt8]] {
    split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).map { Array($0) + [UInt8(ascii: "\n")] }
  }
}
