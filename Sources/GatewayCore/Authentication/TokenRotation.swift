package import Clocks

/// Replaces a token by a new one with the same name, scopes and restrictions.
package struct TokenRotation: Sendable, Equatable {
  /// Why there is nothing to replace.
  package enum Refusal: Error, Sendable, Equatable {
    case noSuchToken
    /// Which of them is meant would be a guess.
    case severalTokens([TokenEntry])
  }

  /// The old token's entry, with its new end.
  package let old: TokenEntry
  package let new: TokenEntry

  /// Looks for the token and makes both entries.
  ///
  /// - Parameters:
  ///   - token: an id or, where none is like it, a name. Of several tokens of a name the one in force is meant; an expired
  ///     one is replaced like any other, and stays expired.
  ///   - overlap: how long the old token stays in force, unless it ends earlier anyway.
  package init(
    of token: String, in document: TokensDocument, by hash: TokenHash, now: Timestamp, overlap: Duration,
    expiresAt: Timestamp?
  ) throws(Refusal) {
    let meant = Self.candidates(token, document.tokens, now)
    guard let old = meant.first else { throw .noSuchToken }
    guard meant.count == 1 else { throw .severalTokens(meant) }
    let end = now.advanced(by: overlap)
    self.old = TokenEntry(
      name: old.name, hash: old.hash, scopes: old.scopes, createdAt: old.createdAt,
      expiresAt: min(old.expiresAt ?? end, end), restrictions: old.restrictions)
    new = TokenEntry(
      name: old.name, hash: hash, scopes: old.scopes, createdAt: now, expiresAt: expiresAt,
      restrictions: old.restrictions)
  }

  /// Puts both entries in their places: the new one last.
  package func apply(to document: inout TokensDocument) {
    document.tokens = document.tokens.map { $0.hash == old.hash ? old : $0 } + [new]
  }

  private static func candidates(_ token: String, _ tokens: [TokenEntry], _ now: Timestamp) -> [TokenEntry] {
    let ofID = tokens.filter { $0.id == token }
    guard ofID.isEmpty else { return ofID }
    let ofName = tokens.filter { $0.name == token }
    let inForce = ofName.filter { !$0.isExpired(at: now) }
    return inForce.isEmpty ? ofName : inForce
  }
}
