import GatewayCore
import SigV4

/// What is known of a request before anything is done for it.
struct Inspection: Sendable {
  /// `nil` if the service has no such operation.
  private(set) var operation: Operation?
  /// `nil` if the request has none, or one that can't be read.
  private(set) var authorization: Authorization?
  private(set) var body: [UInt8] = []
  /// What the request is refused for; `nil` if its signature is valid.
  private(set) var refusal: Refusal?

  init(of request: Request, by signatures: SignatureCheck) {
    do throws(Refusal) {
      body = try MessageCheck.body(of: request)
      operation = Operation(method: request.method, path: request.target.path)
      let authorization = try signatures.authorization(of: request)
      self.authorization = authorization
      try signatures.check(authorization, of: request, body: body)
    } catch {
      refusal = error
    }
  }

  var verdict: Verdict {
    refusal?.verdict ?? .valid
  }

  /// What is going to be done: an operation that the service has, for a client that may ask for it.
  var acceptedOperation: Operation? {
    refusal == nil ? operation : nil
  }

  /// The connection that is going to be rejected; `nil` if it isn't about that, or has no id that could be one.
  var acceptedReject: ConnectionID? {
    acceptedOperation?.connectionID.flatMap { ConnectionID($0) }
  }

  /// Whether it is a look-up of this connection.
  func looksUp(_ id: ConnectionID) -> Bool {
    guard acceptedOperation == .describe, let search = try? SearchRequest(body: body) else { return false }
    return search.asks(for: id)
  }
}
