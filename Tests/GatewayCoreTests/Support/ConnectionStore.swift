import GatewayCore
import Synchronization
import TestSupport

/// A list of connections as AWS may hand it out: in pages of any size up to what was asked for, empty ones with a token
/// among them, filtered before or after they are cut, with tokens of any look that are good for the same filters only.
final class ConnectionStore: Sendable {
  private static let badToken = LookUpReport.refused("InvalidPaginationTokenException")

  private struct Position {
    let offset: Int
    let filters: [String]
  }

  private struct State {
    var random: SplitMix64
    var positions: [String: Position] = [:]
  }

  let connections: [Connection]
  private let filtersFirst: Bool
  private let state: Mutex<State>

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let count = [0, 1, 2, 5, 40, 150].randomElement(using: &random) ?? 0
    connections = (0..<count).map { number in
      Connection(
        id: "c-connection-\(number)",
        status: ["ACTIVE", "REJECTED", "PENDING_ACCEPTANCE", nil].randomElement(using: &random) ?? nil,
        statusMessage: nil, mode: nil,
        local: Connection.Domain(
          ownerID: nil, name: ["logs-eu", "logs-us"].randomElement(using: &random), region: nil),
        remote: nil)
    }
    filtersFirst = Bool.random(using: &random)
    state = Mutex(State(random: random))
  }

  /// The ids that match, in order.
  func ids(status: String?, localDomain: String?) -> [String] {
    connections.filter { (status == nil || $0.status == status) && Self.matches($0, localDomain) }.map(\.id)
  }

  /// A page as AWS gives it.
  func page(_ query: ConnectionQuery) -> LookUpReport {
    let filters = query.filters.map { "\($0.name)=\($0.value)" }
    let localDomain = query.filters.first { $0.name == "local-domain-info.domain-name" }?.value
    guard (1...100).contains(query.maxResults) else { return .refused("ValidationException") }
    return state.withLock { state in
      var offset = 0
      if let token = query.nextToken {
        guard let position = state.positions[token], position.filters == filters else { return Self.badToken }
        offset = position.offset
      }
      let all = filtersFirst ? connections.filter { Self.matches($0, localDomain) } : connections
      let end = min(all.count, offset + Int.random(in: 0...query.maxResults, using: &state.random))
      let page = all[offset..<end].filter { Self.matches($0, localDomain) }
      // There may be a token though there is no more.
      guard end < all.count || Int.random(in: 0..<4, using: &state.random) == 0 else { return .page(page) }
      let token = "\(end)\n\(state.random.text())"
      state.positions[token] = Position(offset: end, filters: filters)
      return .page(page, nextToken: token)
    }
  }

  private static func matches(_ connection: Connection, _ localDomain: String?) -> Bool {
    localDomain == nil || connection.local?.name == localDomain
  }
}
