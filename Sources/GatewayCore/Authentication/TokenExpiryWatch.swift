package import Clocks

/// Decides when whoever runs the gateway is told of tokens that end: when one is first seen that ends soon, then once a
/// day, and when it has ended. One that had ended before it was first seen is nobody's news. Where there is a successor,
/// its end alone is told: nothing is left to be done.
package struct TokenExpiryWatch: Sendable {
  /// Something to tell.
  package enum Notice: Sendable, Equatable {
    case endsSoon(TokenEntry)
    case hasEnded(TokenEntry)
    /// It has ended, and its successor is in force.
    case wasReplaced(TokenEntry)
  }

  /// How long until a token is told of again.
  private static let pause = Duration.seconds(86_400)

  /// When each token with an end was last told of, if it was; those alone that were in force at the last look.
  private var lastTold: [TokenHash: Timestamp?] = [:]

  package init() {}

  /// What is to be told now.
  package mutating func look(at tokens: [TokenEntry], now: Timestamp) -> [Notice] {
    var notices: [Notice] = []
    var told: [TokenHash: Timestamp?] = [:]
    let successions = TokenSuccessions(tokens)
    for token in tokens where token.expiresAt != nil {
      let known = lastTold[token.hash]
      let hasSuccessor = successions.hasSuccessor(token, at: now)
      if token.isExpired(at: now) {
        if known != nil { notices.append(hasSuccessor ? .wasReplaced(token) : .hasEnded(token)) }
      } else if token.endsSoon(at: now), !hasSuccessor, Self.isDue(known ?? nil, now) {
        notices.append(.endsSoon(token))
        told.updateValue(now, forKey: token.hash)
      } else {
        told.updateValue(known ?? nil, forKey: token.hash)
      }
    }
    lastTold = told
    return notices
  }

  /// A clock that was set back doesn't silence anything.
  private static func isDue(_ lastTold: Timestamp?, _ now: Timestamp) -> Bool {
    guard let lastTold else { return true }
    return now < lastTold || now >= lastTold.advanced(by: pause)
  }
}
