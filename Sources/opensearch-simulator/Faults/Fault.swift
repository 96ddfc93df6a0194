import GatewayCore

/// A fault that waits for requests.
struct Fault: Sendable, Equatable {
  let kind: FaultKind
  /// For how many requests it still holds; `nil` until it is deleted.
  var count: Int?
  /// Then it holds only for rejects of this connection.
  let connectionID: ConnectionID?

  func matches(_ operation: Operation) -> Bool {
    connectionID.map { $0.description == operation.connectionID } ?? true
  }
}
