package import Clocks

/// What is known of the credentials, for people: no secret in it.
package enum CredentialsDescription: Sendable, Equatable {
  /// There are some.
  ///
  /// - Parameters:
  ///   - source: in words.
  ///   - expiresAt: `nil` if they are good until someone takes them back.
  ///   - lastFailure: why the last refresh failed; `nil` if it didn't. These are then the ones from before.
  case found(source: String, accessKeyID: String, expiresAt: Timestamp?, lastFailure: CredentialsUnavailable?)
  /// There are none; it says what was tried.
  case unavailable(CredentialsUnavailable)
}
