import GatewayCore

/// A fault that waits for requests.
struct Fault: Sendable, Equatable {
  let kind: FaultKind
  /// For how many requests it still holds; `nil` until it is deleted.
  var count: Int?
  /// The operation it holds for; `nil` for any.
  let operation: OperationName?
  /// Then it holds only for rejects of this connection, or for look-ups of it.
  let connectionID: ConnectionID?
  /// Whether what was asked for is done all the same.
  let applies: Bool

  func matches(_ inspection: Inspection) -> Bool {
    guard let asked = inspection.acceptedOperation, operation == nil || operation == asked.name else { return false }
    guard let connectionID else { return true }
    switch asked {
    case .reject(let id): return connectionID.description == id
    // Whoever names a connection and no operation means its rejects.
    case .describe: return operation != nil && inspection.looksUp(connectionID)
    }
  }
}
