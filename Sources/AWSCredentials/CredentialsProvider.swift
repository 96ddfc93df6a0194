package import SigV4

/// Where the keys come from that sign.
package protocol CredentialsProvider: Sendable {
  /// The credentials to sign with now.
  ///
  /// - Throws: `CredentialsUnavailable`. Nothing may be sent then: an unsigned request is never an answer.
  func credentials() async throws(CredentialsUnavailable) -> SigningCredentials

  /// AWS said that these are expired or unknown. However many callers say so, they are looked up anew once.
  func refused(_ credentials: SigningCredentials) async
}
