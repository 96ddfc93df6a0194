import Clocks
import GatewayCore
import Synchronization

/// The connections and what becomes of them.
final class ConnectionStore: Sendable {
  private struct State: Sendable {
    /// In the order in which they came; one that is gone, and one that came back, are two.
    var records: [ConnectionRecord] = []
    /// Where the record stands that an id has now, or had last.
    var positions: [ConnectionID: Int] = [:]
    var rejects: [ConnectionID: RejectCount] = [:]

    mutating func append(_ connection: InboundConnection, since: MonotonicClock.Instant?) {
      positions[connection.id] = records.count
      records.append(ConnectionRecord(connection, serial: records.count + 1, since: since))
    }

    func connection(_ id: ConnectionID, at now: MonotonicClock.Instant) -> InboundConnection? {
      positions[id].flatMap { records[$0].connection(at: now) }
    }
  }

  private let state: Mutex<State>
  private let clock: MonotonicClock
  private let tokens = PageTokens()

  init(_ connections: [InboundConnection], clock: MonotonicClock) {
    var state = State()
    for connection in connections { state.append(connection, since: nil) }
    self.state = Mutex(state)
    self.clock = clock
  }

  /// All of them, as they are now, in the order in which they came.
  var all: [InboundConnection] {
    let now = clock.now()
    return state.withLock { $0.records.compactMap { $0.connection(at: now) } }
  }

  /// The truth about one: as it is now, if there is one, and the rejects for it.
  func truth(of id: ConnectionID) -> (connection: InboundConnection?, rejects: RejectCount) {
    let now = clock.now()
    return state.withLock { ($0.connection(id, at: now), $0.rejects[id] ?? RejectCount()) }
  }

  /// Adds a connection behind all others, or changes the one there is.
  func put(_ connection: InboundConnection) {
    let now = clock.now()
    state.withLock { state in
      if let position = state.positions[connection.id], state.records[position].connection(at: now) != nil {
        state.records[position].change(to: connection, at: now)
      } else {
        state.append(connection, since: now)
      }
    }
  }

  /// Takes a connection away; whether there was one.
  func remove(_ id: ConnectionID) -> Bool {
    let now = clock.now()
    return state.withLock { state in
      guard let position = state.positions[id], state.records[position].connection(at: now) != nil else { return false }
      state.records[position].change(to: nil, at: now)
      return true
    }
  }

  /// Counts a reject with a valid signature.
  func sawReject(of id: ConnectionID) {
    state.withLock { $0.rejects[id, default: RejectCount()].seen += 1 }
  }

  /// `RejectInboundConnection`: only a connection that waits for its acceptance can be rejected.
  ///
  /// Rejecting is asynchronous at AWS. The answer says that it goes on, and look-ups do so too for a while.
  ///
  /// - Parameters:
  ///   - rejectingTime: how long it goes on; with zero it is done at the next look-up.
  ///   - applies: `false` to learn what the answer would be, and change nothing.
  /// - Returns: the connection as it is while it is being rejected.
  /// - Throws: `ResourceNotFoundException`, `DisabledOperationException`.
  func reject(_ id: ConnectionID, for rejectingTime: Duration, applies: Bool) throws(AWSError) -> InboundConnection {
    let now = clock.now()
    return try state.withLock { state throws(AWSError) in
      guard let position = state.positions[id], let connection = state.records[position].connection(at: now) else {
        throw .connectionNotFound(id)
      }
      guard connection.status == "PENDING_ACCEPTANCE" else { throw .notPending(connection) }
      let rejecting = connection.with(status: "REJECTING", message: "The connection is being rejected.")
      guard applies else { return rejecting }
      state.records[position].change(to: rejecting, at: now)
      state.records[position].change(
        to: connection.with(status: "REJECTED", message: "The connection was rejected."), at: now + rejectingTime)
      state.rejects[id, default: RejectCount()].applied += 1
      return rejecting
    }
  }

  /// `DescribeInboundConnections`.
  ///
  /// A page begins behind the last connection of the page before it, wherever that is by now: what is added or changes
  /// in between moves no other.
  ///
  /// - Parameters:
  ///   - lag: how far behind the truth it is.
  ///   - lengths: how long pages are; `nil` for as long as they can be.
  /// - Throws: `InvalidPaginationTokenException` if the token isn't one for these filters.
  func search(_ request: SearchRequest, lag: Lag?, lengths: PageLengths?) throws(AWSError) -> SearchPage {
    let start = try tokens.start(of: request)
    let now = clock.now()
    let moment = lag?.moment(at: now) ?? now
    let found = state.withLock { state in
      state.records.dropFirst(start.after).compactMap { record in
        record.connection(at: moment).flatMap { connection in
          request.matches(connection) && lag?.hides(record.id) != true ? (record.serial, connection) : nil
        }
      }
    }
    let length = min(request.maxResults, lengths?.length(of: start.turn) ?? request.maxResults)
    let page = found.prefix(length)
    let isLast = lengths == nil ? found.count <= length : page.count < length
    let next = PageStart(after: page.last?.0 ?? start.after, turn: start.turn + 1)
    return SearchPage(
      connections: page.map(\.1), nextToken: isLast ? nil : tokens.text(of: next, filters: request.filters))
  }
}
