import GatewayCore
import Synchronization

/// The connections and what becomes of them.
final class ConnectionStore: Sendable {
  private let connections: Mutex<[InboundConnection]>
  /// Where each connection stands. None is ever added or taken away.
  private let positions: [ConnectionID: Int]

  init(_ connections: [InboundConnection]) {
    self.connections = Mutex(connections)
    positions = Dictionary(uniqueKeysWithValues: connections.enumerated().map { ($1.id, $0) })
  }

  /// All of them, as they are now, in the seed's order.
  var all: [InboundConnection] {
    connections.withLock { $0 }
  }

  /// `RejectInboundConnection`: only a connection that waits for its acceptance can be rejected.
  ///
  /// Rejecting is asynchronous at AWS. Here the answer says that it goes on, and the next look-up that it is done.
  ///
  /// - Returns: the connection as it is while it is being rejected.
  /// - Throws: `ResourceNotFoundException`, `DisabledOperationException`.
  func reject(_ id: ConnectionID) throws(AWSError) -> InboundConnection {
    guard let position = positions[id] else { throw .connectionNotFound(id) }
    return try connections.withLock { connections throws(AWSError) in
      guard connections[position].status == "PENDING_ACCEPTANCE" else {
        throw .notPending(connections[position])
      }
      var answered = connections[position]
      answered.status = "REJECTING"
      answered.statusMessage = "The connection is being rejected."
      connections[position].status = "REJECTED"
      connections[position].statusMessage = "The connection was rejected."
      return answered
    }
  }

  /// `DescribeInboundConnections`.
  ///
  /// - Throws: `InvalidPaginationTokenException` if the token points behind the last connection.
  func search(_ request: SearchRequest) throws(AWSError) -> SearchPage {
    let matching = all.filter(request.matches)
    guard request.start == 0 || request.start < matching.count else { throw .invalidPaginationToken }
    let page = matching.dropFirst(request.start).prefix(request.maxResults)
    return SearchPage(
      connections: Array(page), nextToken: page.endIndex < matching.count ? PageToken(start: page.endIndex) : nil)
  }
}
