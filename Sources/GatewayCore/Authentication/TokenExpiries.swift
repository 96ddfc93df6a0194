package import Clocks

/// How it stands with the ends of the tokens, at one moment.
package struct TokenExpiries: Sendable, Equatable {
  /// A token in force that ends within this time is warned of.
  package static let warningTime = Duration.seconds(14 * 86_400)

  /// How many have run out.
  package private(set) var expired = 0
  /// How many are in force, end within `warningTime`, and have no successor.
  package private(set) var expiring = 0
  /// When the next one ends that is in force; `nil` if none ever does.
  package private(set) var next: Timestamp?

  package init(_ tokens: [TokenEntry], at now: Timestamp) {
    let successions = TokenSuccessions(tokens)
    for token in tokens {
      guard let expiresAt = token.expiresAt else { continue }
      if token.isExpired(at: now) {
        expired += 1
      } else {
        next = min(next ?? expiresAt, expiresAt)
        if token.endsSoon(at: now), !successions.hasSuccessor(token, at: now) { expiring += 1 }
      }
    }
  }
}

extension TokenEntry {
  /// How long the token stays in force; zero if it has run out, `nil` if it never does.
  package func timeLeft(at time: Timestamp) -> Duration? {
    expiresAt.map { .microseconds(max(0, $0.microseconds - time.microseconds)) }
  }

  /// Whether the token is in force at `time`, and ends within `TokenExpiries.warningTime`.
  package func endsSoon(at time: Timestamp) -> Bool {
    !isExpired(at: time) && isExpired(at: time.advanced(by: TokenExpiries.warningTime))
  }
}
