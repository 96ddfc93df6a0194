import GatewayCore

/// A connection as the service keeps it (AWS API reference: `InboundConnection`).
struct InboundConnection: Sendable, Equatable {
  let id: ConnectionID
  let local: DomainInformation?
  let remote: DomainInformation?
  /// `StatusCode`: one of AWS's, or any other that a seed has.
  let status: String
  let statusMessage: String?
  let mode: String?

  /// The same connection in another state.
  func with(status: String, message: String) -> InboundConnection {
    InboundConnection(id: id, local: local, remote: remote, status: status, statusMessage: message, mode: mode)
  }

  /// As it stands in AWS's answers.
  var json: JSON {
    .object([
      ("LocalDomainInfo", local?.json),
      ("RemoteDomainInfo", remote?.json),
      ("ConnectionId", .string(id.description)),
      (
        "ConnectionStatus",
        .object([("StatusCode", .string(status)), ("Message", statusMessage.map(JSON.string))])
      ),
      ("ConnectionMode", mode.map(JSON.string)),
    ])
  }
}
