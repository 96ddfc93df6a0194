import Clocks
import FoundationEssentials
import GatewayCore
import HTTPTypes
import IPAddresses
import Testing

/// Values that most tests need one of, and for which it doesn't matter which.
enum Sample {
  static let connectionID = "c-1234567890"
  static let rejectTarget = "/connections/\(connectionID)/reject"
  static let requestID = "request-1"
  static let client = Client(address: "10.1.2.3", peer: "127.0.0.1")
  static let caller = Caller(tokenID: "9f2c61d0a4b7", name: "runbook-eu")
  /// 2026-11-22T16:00:00Z.
  static let time = Timestamp(seconds: 1_795_363_200)
  /// `cgw_` and 46 characters, whose checksum is right.
  static let token = GatewayToken(random: { [UInt8](repeating: 7, count: $0) })
  static let otherToken = GatewayToken(random: { [UInt8](repeating: 8, count: $0) })

  static let connection = Connection(
    id: connectionID, status: "REJECTING", statusMessage: nil, mode: "DIRECT",
    local: Connection.Domain(ownerID: "123456789012", name: "logs-eu", region: "eu-west-1"),
    remote: Connection.Domain(ownerID: "210987654321", name: "archive", region: "eu-west-1"))

  static let frontPage = FrontPage(
    start: Array("<title>t</title><style>p {}</style><main>".utf8), end: Array("</main>".utf8),
    styleHash: Array("hash".utf8), clock: .fixed(time))

  static func requestID(_ text: String = requestID) throws -> RequestID {
    try #require(RequestID(callerSupplied: text))
  }

  static func connectionID(_ text: String = connectionID) throws -> ConnectionID {
    try #require(ConnectionID(text))
  }

  /// A call to reject, with nothing wrong and no token.
  static func request(
    method: String = "POST", target: String = rejectTarget, fields: HTTPFields = [:], body: Request.Body? = nil,
    violation: FramingViolation? = nil
  ) throws -> Request {
    Request(
      id: try requestID(), method: method, target: RequestTarget(target), fields: fields, body: body ?? .complete([]),
      client: client, violation: violation)
  }

  /// A call to reject with a JSON body.
  static func request(json: String, fields: HTTPFields = [.contentType: "application/json"]) throws -> Request {
    try request(fields: fields, body: .complete(Array(json.utf8)))
  }

  static func call(json: String? = nil, fields: HTTPFields = [:]) throws -> RejectCall {
    var fields = fields
    if json != nil { fields[.contentType] = "application/json" }
    let request = try request(fields: fields, body: .complete(Array((json ?? "").utf8)))
    return try RejectCall(request, id: connectionID, caller: caller)
  }

  static func report(
    _ verdict: RejectionReport.Verdict, _ answer: AWSAnswer = AWSAnswer(attempts: 1), attempts: [Attempt] = [],
    connection: Connection? = nil, accessKeyID: String? = "AKIDEXAMPLE", cause: String? = nil
  ) -> RejectionReport {
    RejectionReport(
      verdict: verdict, answer: answer, attempts: attempts, connection: connection, accessKeyID: accessKeyID,
      region: "eu-west-1", cause: cause)
  }

  static func lookUp(
    _ verdict: LookUpReport.Verdict,
    _ answer: AWSAnswer = AWSAnswer(requestID: "r-2", httpStatus: 200, attempts: 1)
  ) -> LookUpReport {
    LookUpReport(verdict: verdict, answer: answer, accessKeyID: "AKIDEXAMPLE", region: "eu-west-1", cause: "inside")
  }

  /// A look-up that found these, with more behind `nextToken`.
  static func page(_ connections: [Connection], nextToken: String? = nil) -> LookUpReport {
    lookUp(.accepted(ConnectionPage(connections: connections, nextToken: nextToken)))
  }

  static func connection(_ id: String = connectionID, status: String) -> Connection {
    Connection(id: id, status: status, statusMessage: nil, mode: nil, local: nil, remote: nil)
  }

  static func patterns(_ texts: String...) throws -> [ConnectionPattern] {
    try texts.map { try #require(ConnectionPattern($0), "\($0)") }
  }

  static func ranges(_ texts: String...) throws -> [AddressRange] {
    try texts.map { try #require(AddressRange($0), "\($0)") }
  }

  static func entry(
    _ token: GatewayToken = token, name: String = "runbook-eu", scopes: [Scope] = [.reject],
    expiresAt: Timestamp? = nil,
    restrictions: TokenRestrictions = .none
  ) -> TokenEntry {
    TokenEntry(
      name: name, hash: token.hash, scopes: scopes, createdAt: time, expiresAt: expiresAt, restrictions: restrictions)
  }
}

extension Response {
  /// The members of the JSON object that the body is.
  func members() throws -> [String: StrictValue] {
    try JSONDecoder().decode(StrictObject.self, from: Data(body)).members
  }

  var text: String { String(decoding: body, as: UTF8.self) }
}

extension StrictValue {
  /// The member of an object.
  subscript(name: String) -> StrictValue? {
    if case .object(let object) = self { object.members[name] } else { nil }
  }
}

extension Duration {
  static func days(_ count: Int) -> Duration {
    .seconds(count * 86_400)
  }
}
