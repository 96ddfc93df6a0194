import Synchronization

/// The tokens in force, replaced as a whole when the file changes.
package final class TokenTable: Sendable {
  private let entries: Mutex<[TokenEntry]>

  package init(_ document: TokensDocument = TokensDocument()) {
    entries = Mutex(document.tokens)
  }

  /// From now on, these tokens count and no others.
  package func replace(with document: TokensDocument) {
    entries.withLock { $0 = document.tokens }
  }

  /// How many there are.
  package var count: Int {
    entries.withLock(\.count)
  }

  /// The tokens in force.
  package var tokens: [TokenEntry] {
    entries.withLock { $0 }
  }

  /// The entry with this hash. Every entry is compared, in constant time, whichever matches.
  package func entry(for hash: TokenHash) -> TokenEntry? {
    let tokens = tokens
    var match: Int?
    for index in tokens.indices where tokens[index].hash == hash {
      match = index
    }
    return match.map { tokens[$0] }
  }
}
