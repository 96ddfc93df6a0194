import Synchronization

/// The tokens in force, replaced as a whole when the file changes.
package final class TokenTable: Sendable {
  private let tokens: Mutex<[TokenEntry]>

  package init(_ document: TokensDocument = TokensDocument()) {
    tokens = Mutex(document.tokens)
  }

  /// From now on, these tokens count and no others.
  package func replace(with document: TokensDocument) {
    tokens.withLock { $0 = document.tokens }
  }

  /// How many there are.
  package var count: Int {
    tokens.withLock(\.count)
  }

  /// The entry with this hash. Every entry is compared, in constant time, whichever matches.
  package func entry(for hash: TokenHash) -> TokenEntry? {
    let tokens = tokens.withLock { $0 }
    var match: TokenEntry?
    for token in tokens where token.hash == hash {
      match = token
    }
    return match
  }
}
