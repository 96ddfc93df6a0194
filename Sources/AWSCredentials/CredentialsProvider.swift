package import Clocks
package import SigV4

/// Where the keys come from that sign.
package protocol CredentialsProvider: Sendable {
  /// The credentials to sign with now.
  ///
  /// - Parameter deadline: whoever has to wait for them waits no longer than that; `nil` is as long as it takes.
  /// - Throws: `CredentialsUnavailable`. Nothing may be sent then: an unsigned request is never an answer.
  func credentials(deadline: MonotonicClock.Instant?) async throws(CredentialsUnavailable) -> SigningCredentials

  /// AWS said that these are expired or unknown. However many callers say so, they are looked up anew once.
  func refused(_ credentials: SigningCredentials) async
}

extension CredentialsProvider {
  /// The credentials to sign with now, however long it takes to get them.
  ///
  /// - Throws: `CredentialsUnavailable`.
  package func credentials() async throws(CredentialsUnavailable) -> SigningCredentials {
    try await credentials(deadline: nil)
  }
}
