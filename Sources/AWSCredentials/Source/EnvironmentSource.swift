import AWSSettings
import Clocks
import SigV4

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and with temporary ones `AWS_SESSION_TOKEN` and
/// `AWS_CREDENTIAL_EXPIRATION`.
struct EnvironmentSource: CredentialSource {
  let environment: AWSEnvironment

  var name: String { "environment" }

  func credentials() async throws(SourceFailure) -> FoundCredentials {
    guard let accessKeyID = environment["AWS_ACCESS_KEY_ID"] else { throw .absent("AWS_ACCESS_KEY_ID isn't set") }
    guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
      throw .failed("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY isn't")
    }
    var expiresAt: Timestamp?
    if let text = environment["AWS_CREDENTIAL_EXPIRATION"] {
      guard let time = Timestamp(expiration: text) else {
        throw .failed("AWS_CREDENTIAL_EXPIRATION isn't a time such as 2026-11-22T16:00:00Z")
      }
      expiresAt = time
    }
    let credentials = try KeyCheck.credentials(
      accessKeyID: accessKeyID, secretAccessKey: Secret(secret),
      sessionToken: environment["AWS_SESSION_TOKEN"].map(Secret.init))
    return FoundCredentials(credentials: credentials, expiresAt: expiresAt, source: "the environment variables")
  }
}
