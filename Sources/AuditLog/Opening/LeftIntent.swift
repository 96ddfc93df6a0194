import FoundationEssentials
import GatewayCore

/// An intent whose process died before its outcome, read back.
struct LeftIntent: Decodable {
  private struct CallerField: Decodable {
    let token: String
    let name: String
  }

  private struct ClientField: Decodable {
    let address: String
    let peer: String
    let userAgent: String?
  }

  private let requestId: String?
  private let action: String?
  private let connectionId: String?
  private let caller: CallerField?
  private let client: ClientField?

  /// The record that closes it, as `unknown`.
  ///
  /// - Parameter line: the intent's own. What it doesn't say, or not in the form that the writer gives it, the record
  ///   doesn't say either.
  static func recovered(_ line: [UInt8], sequence: Int64) -> AuditRecord {
    var record = AuditRecord(stage: .recovered)
    record.recovers = sequence
    guard let intent = try? JSONDecoder().decode(LeftIntent.self, from: Data(line)) else { return record }
    record.requestID = intent.requestId.flatMap(RequestID.init(callerSupplied:))
    record.action = intent.action.flatMap(AuditAction.init(rawValue:))
    record.connectionID = intent.connectionId.flatMap { ConnectionID($0) }
    record.caller = intent.caller.map { Caller(tokenID: $0.token, name: $0.name) }
    record.client = intent.client.map { Client(address: $0.address, peer: $0.peer) }
    record.userAgent = intent.client?.userAgent
    return record
  }
}
