package import Clocks

/// What the log should tell of the credentials. No secret in it.
package enum CredentialEvent: Sendable, Equatable {
  /// New ones are in use.
  case obtained(source: String, accessKeyID: String, expiresAt: Timestamp?)
  /// A refresh gave nothing; those from before are kept, and asked for again after `retryIn`.
  case refreshFailed(CredentialsUnavailable, accessKeyID: String, expiresAt: Timestamp?, retryIn: Duration)
  /// There are none.
  case unavailable(CredentialsUnavailable)
  /// AWS doesn't take this key any more; it is looked up anew.
  case refused(accessKeyID: String)
}
