import Clocks
import GatewayCore
import SigV4

/// What is written down about a request to the service. It has no header values but the signature's public parts: what
/// a client sends by mistake may be a secret.
struct RequestEvent: Sendable {
  let time: Timestamp
  let request: Request
  let inspection: Inspection
  let fault: FaultKind?
  let ending: Ending
  /// Whether it changed a connection's state; `nil` if it isn't a reject with a valid signature.
  let applied: Bool?

  /// The log line. What doesn't apply is left out; a request that gets no answer has no status.
  var json: JSON {
    .object([
      ("event", "request"),
      ("time", .string(time.iso8601Microseconds)),
      ("method", .string(request.method)),
      ("path", .string(request.target.path)),
      ("query", request.target.query.map(JSON.string)),
      ("operation", inspection.operation.map { .string($0.name.rawValue) }),
      ("connectionId", inspection.operation?.connectionID.map(JSON.string)),
      ("accessKeyId", inspection.authorization.map { .string($0.accessKeyID) }),
      ("signedHeaders", inspection.authorization.map { .string($0.signedHeaders) }),
      ("verdict", .string(inspection.verdict.rawValue)),
      ("status", ending.status.map { .integer(Int64($0)) }),
      ("code", ending.visibleCode.map(JSON.string)),
      ("fault", fault.map { .string($0.name) }),
      ("applied", applied.map(JSON.bool)),
      ("awsRequestId", ending.requestID.map(JSON.string)),
    ])
  }
}
