import Synchronization

/// Keeps the signing key of the day, which costs four HMACs to derive.
///
/// It holds one key: a gateway signs with one set of credentials for one region, so a new day or new credentials
/// replace what is there.
package final class SigningKeyCache: Sendable {
  private struct Entry {
    let scope: SigningScope
    let secretAccessKey: Secret
    let key: SigningKey
  }

  private let entry = Mutex<Entry?>(nil)

  package init() {}

  /// The key for these credentials and this scope, derived only if it isn't the one held.
  package func key(for credentials: SigningCredentials, scope: SigningScope) -> SigningKey {
    entry.withLock { entry in
      if let entry, entry.scope == scope, entry.secretAccessKey == credentials.secretAccessKey {
        return entry.key
      }
      let key = SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope)
      entry = Entry(scope: scope, secretAccessKey: credentials.secretAccessKey, key: key)
      return key
    }
  }
}
