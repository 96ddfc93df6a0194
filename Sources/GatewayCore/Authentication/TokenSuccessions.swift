package import Clocks

/// Which tokens have a successor: another one of their name that is in force and ends later, as `token rotate` makes it.
/// Nobody has to be warned of the end of one that has.
package struct TokenSuccessions: Sendable {
  /// When the last token of each name ends. One that never does ends after all others.
  private var lastEnds: [String: Timestamp] = [:]

  package init(_ tokens: [TokenEntry]) {
    for token in tokens {
      let end = token.expiresAt ?? Timestamp(microseconds: .max)
      lastEnds[token.name] = max(lastEnds[token.name] ?? end, end)
    }
  }

  /// Whether one of them takes the token's place at `time`.
  package func hasSuccessor(_ token: TokenEntry, at time: Timestamp) -> Bool {
    guard let end = token.expiresAt, let lastEnd = lastEnds[token.name] else { return false }
    return lastEnd > end && lastEnd > time
  }
}
