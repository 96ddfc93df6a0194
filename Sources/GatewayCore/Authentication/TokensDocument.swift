import Clocks
import FoundationEssentials

/// The content of `tokens.json`.
///
/// A document is valid if and only if it is a JSON object with `version` 1 and `tokens`, each token an object with just
/// `id`, `name`, `hash`, `scopes`, `createdAt`, `expiresAt` (a time or null) and its restrictions (`TokenRestrictions`), where
/// `id` is the first 12 hex digits of the hash and no hash stands twice. A member that isn't known is an error, since it
/// may be a restriction: a token must never be able to do more than its file says. So is a member that stands twice, of which
/// other programs see the other one. The text is UTF-8.
package struct TokensDocument: Sendable, Equatable {
  package var tokens: [TokenEntry]

  package init(tokens: [TokenEntry] = []) {
    self.tokens = tokens
  }

  /// Reads the document.
  ///
  /// - Throws: `TokensDocumentError`, which names the token and the member.
  package init(bytes: [UInt8]) throws(TokensDocumentError) {
    let file: StrictObject
    // The decoder would also take UTF-16 and UTF-32, which have zero bytes.
    guard !bytes.contains(0) else { throw TokensDocumentError("it isn't a JSON object in UTF-8") }
    do {
      file = try JSONDecoder().decode(StrictObject.self, from: Data(bytes))
    } catch {
      throw TokensDocumentError("it isn't a JSON object")
    }
    try file.allow(only: ["version", "tokens"], in: "the file")
    guard case .integer(1) = file.members["version"] else {
      throw TokensDocumentError("'version' has to be 1")
    }
    guard case .array(let entries) = file.members["tokens"] else {
      throw TokensDocumentError("'tokens' has to be a list")
    }
    tokens = []
    var hashes: Set<TokenHash> = []
    for (index, entry) in entries.enumerated() {
      let token = try Self.token(entry, named: "token \(index + 1)")
      guard hashes.insert(token.hash).inserted else {
        throw TokensDocumentError("token \(index + 1): its hash stands twice")
      }
      tokens.append(token)
    }
    // At the end, when every name is known to be one of ours, and so fit to be told.
    if let repeated = RepeatedMember(in: bytes) {
      let place = repeated.object == 0 ? "the file" : "token \(repeated.object)"
      throw TokensDocumentError("\(place): '\(repeated.name)' stands twice")
    }
  }

  /// The document as it is written, one token a line.
  package var bytes: [UInt8] {
    let lines = tokens.map { token in
      let entry = JSON.object(
        [
          ("id", .string(token.id)),
          ("name", .string(token.name)),
          ("hash", .string(token.hash.text)),
          ("scopes", .array(token.scopes.map { .string($0.rawValue) })),
          ("createdAt", .string(token.createdAt.iso8601)),
          ("expiresAt", token.expiresAt.map { .string($0.iso8601) } ?? .null),
        ] + token.restrictions.members)
      return "  " + String(decoding: entry.bytes, as: UTF8.self)
    }
    let list = lines.isEmpty ? "[]" : "[\n" + lines.joined(separator: ",\n") + "\n]"
    return Array("{ \"version\": 1, \"tokens\": \(list) }\n".utf8)
  }

  private static func token(_ value: StrictValue, named place: String) throws(TokensDocumentError) -> TokenEntry {
    guard case .object(let entry) = value else { throw TokensDocumentError("\(place) isn't an object") }
    let names: Set<String> = ["id", "name", "hash", "scopes", "createdAt", "expiresAt"]
    try entry.allow(only: names.union(TokenRestrictions.memberNames), in: place)
    guard case .string(let name) = entry.members["name"], TokenEntry.isName(name) else {
      throw TokensDocumentError("\(place): 'name' has to be \(TokenEntry.nameRule)")
    }
    guard case .string(let text) = entry.members["hash"], let hash = TokenHash(text) else {
      throw TokensDocumentError("\(place): 'hash' has to be 'sha256:' and 64 lower-case hex digits")
    }
    guard case .string(hash.tokenID) = entry.members["id"] else {
      throw TokensDocumentError("\(place): 'id' has to be the first 12 hex digits of its hash")
    }
    guard case .array(let scopeValues) = entry.members["scopes"] else {
      throw TokensDocumentError("\(place): 'scopes' has to be a list")
    }
    var scopes: [Scope] = []
    for value in scopeValues {
      guard case .string(let text) = value, let scope = Scope(rawValue: text) else {
        let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
        throw TokensDocumentError("\(place): 'scopes' has one that isn't known; there are \(known)")
      }
      scopes.append(scope)
    }
    guard case .string(let created) = entry.members["createdAt"], let createdAt = Timestamp(iso8601: created) else {
      throw TokensDocumentError("\(place): 'createdAt' has to be a time such as 2026-11-22T16:00:00Z")
    }
    return TokenEntry(
      name: name, hash: hash, scopes: scopes, createdAt: createdAt,
      expiresAt: try expiry(entry.members["expiresAt"], in: place),
      restrictions: try TokenRestrictions(entry, in: place))
  }

  private static func expiry(_ value: StrictValue?, in place: String) throws(TokensDocumentError) -> Timestamp? {
    if case .null = value { return nil }
    guard case .string(let text) = value, let time = Timestamp(iso8601: text) else {
      throw TokensDocumentError("\(place): 'expiresAt' has to be a time such as 2027-02-20T16:00:00Z, or null")
    }
    return time
  }
}

/// Why a tokens file isn't one.
package struct TokensDocumentError: Error, Sendable, Equatable {
  /// Names the place and what has to stand there. Never quotes what the file has, which might be a secret.
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }
}

extension StrictObject {
  fileprivate func allow(only names: Set<String>, in place: String) throws(TokensDocumentError) {
    if members.keys.contains(where: { !names.contains($0) }) {
      throw TokensDocumentError("\(place) has a member that isn't one of \(names.sorted().joined(separator: ", "))")
    }
  }
}
