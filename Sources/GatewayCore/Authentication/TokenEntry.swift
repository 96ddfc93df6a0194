package import Clocks

/// One token of the tokens file.
package struct TokenEntry: Sendable, Equatable {
  /// What a name may be: it stands in tables, logs and metrics.
  package static let nameRule = "1-64 characters of A-Z a-z 0-9 . _ @ : + -"

  package let name: String
  package let hash: TokenHash
  package let scopes: [Scope]
  package let createdAt: Timestamp
  /// `nil` never expires.
  package let expiresAt: Timestamp?
  package let restrictions: TokenRestrictions

  package init(
    name: String, hash: TokenHash, scopes: [Scope], createdAt: Timestamp, expiresAt: Timestamp?,
    restrictions: TokenRestrictions = .none
  ) {
    self.name = name
    self.hash = hash
    self.scopes = scopes
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.restrictions = restrictions
  }

  /// By which log, audit and metrics name the token.
  package var id: String {
    hash.tokenID
  }

  /// How often the token may be used.
  package var rate: TokenRate {
    restrictions.rate
  }

  /// Who calls with it.
  package var caller: Caller {
    Caller(tokenID: id, name: name)
  }

  /// Whether the token has run out at `time`.
  package func isExpired(at time: Timestamp) -> Bool {
    expiresAt.map { $0 <= time } ?? false
  }

  /// Whether `name` keeps to `nameRule`.
  package static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && Redaction.redact(name) == name
      && name.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: "._@:+-") }
  }
}
