import AWSSettings
import Clocks
import GatewayCore
import HTTPTypes
import SigV4

/// Values that most tests need one of.
enum Sample {
  static let connectionID = "k0i3-xx0bz"
  static let start = ContinuousClock.now
  static let credentials = SigningCredentials(
    accessKeyID: "AKIDEXAMPLE4", secretAccessKey: Secret("not-a-real-secret/number+4"))

  static func region(_ name: String = "eu-west-1") throws -> Region {
    try Region(environment: AWSEnvironment(["AWS_REGION": name]), profile: nil)
  }

  /// Proof of an intent. There is no other way to one than a journal that took the record.
  static func receipt() async throws -> IntentReceipt {
    let request = Request(
      id: RequestID(randomBytes: [1]), method: "POST", target: RequestTarget("/connections/\(connectionID)/reject"),
      fields: [:], body: .complete([]), client: Client(address: "10.1.2.3", peer: "127.0.0.1"))
    let call = try RejectCall(request, id: connectionID, caller: Caller(tokenID: "9f2c61d0a4b7", name: "runbook-eu"))
    let trail = AuditTrail(journal: AcceptingJournal(), clock: MonotonicClock { start })
    return try await trail.intent(call, started: start)
  }

  private struct AcceptingJournal: AuditJournal {
    func append(_ record: AuditRecord, by deadline: MonotonicClock.Instant?) async throws(AuditUnavailable) {}
  }
}
