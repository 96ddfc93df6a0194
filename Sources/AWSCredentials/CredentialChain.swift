package import SigV4
import Synchronization

/// The credentials of the environment, else of the profile's static keys, looked up once and kept.
///
/// What gave nothing is looked up again at the next call, so that a file put right counts without a restart.
package final class CredentialChain: CredentialsProvider {
  /// Other ways to credentials, which an AWS SDK would go.
  private static let unsupportedVariables = [
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  ]

  private let environment: AWSEnvironment
  private let held = Mutex<SigningCredentials?>(nil)

  package init(environment: AWSEnvironment) {
    self.environment = environment
  }

  package func credentials() async throws(CredentialsUnavailable) -> SigningCredentials {
    if let held = held.withLock({ $0 }) { return held }
    let found = try lookUp()
    held.withLock { $0 = found }
    return found
  }

  /// Looks them up anew at the next call.
  package func reload() {
    held.withLock { $0 = nil }
  }

  private func lookUp() throws(CredentialsUnavailable) -> SigningCredentials {
    if let found = try fromEnvironment() { return found }
    if let profile = try Profile(environment: environment), let found = try Self.credentials(of: profile) {
      return found
    }
    for name in Self.unsupportedVariables where environment[name] != nil {
      throw CredentialsUnavailable(
        "\(name) is set, which this version can't use; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile with "
          + "static keys")
    }
    throw CredentialsUnavailable(
      "no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY aren't set, and the profile "
        + "'\(environment["AWS_PROFILE"] ?? "default")' has no aws_access_key_id in the credentials or config file")
  }

  private func fromEnvironment() throws(CredentialsUnavailable) -> SigningCredentials? {
    let keyID = environment["AWS_ACCESS_KEY_ID"]
    let secret = environment["AWS_SECRET_ACCESS_KEY"]
    guard keyID != nil || secret != nil else { return nil }
    guard let keyID, let secret else {
      throw CredentialsUnavailable(
        "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set; set both or neither")
    }
    return try Self.checked(keyID, secret, token: environment["AWS_SESSION_TOKEN"], place: "the environment")
  }

  private static func credentials(of profile: Profile) throws(CredentialsUnavailable) -> SigningCredentials? {
    // A role comes before static keys in every SDK. Using the keys in its stead would be someone else's rights.
    for name in ["role_arn", "web_identity_token_file"] where profile.setting(name) != nil {
      throw unsupported(name, profile)
    }
    for settings in [profile.credentials, profile.config] {
      guard let keyID = settings["aws_access_key_id"] else { continue }
      guard let secret = settings["aws_secret_access_key"] else {
        throw CredentialsUnavailable("the profile '\(profile.name)' has aws_access_key_id but no aws_secret_access_key")
      }
      return try checked(
        keyID, secret, token: settings["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 },
        place: "the profile '\(profile.name)'")
    }
    for name in ["credential_process", "sso_session", "sso_start_url"] where profile.setting(name) != nil {
      throw unsupported(name, profile)
    }
    return nil
  }

  private static func unsupported(_ name: String, _ profile: Profile) -> CredentialsUnavailable {
    CredentialsUnavailable(
      "the profile '\(profile.name)' has \(name), which this version can't use; give it static keys, or set "
        + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
  }

  /// Keys with a line break or other control character would break out of a header.
  private static func checked(
    _ keyID: String, _ secret: String, token: String?, place: String
  ) throws(CredentialsUnavailable) -> SigningCredentials {
    let values = [keyID, secret] + (token.map { [$0] } ?? [])
    guard values.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) else {
      throw CredentialsUnavailable(
        "the credentials of \(place) have white space or control characters in them, or are empty")
    }
    return SigningCredentials(
      accessKeyID: keyID, secretAccessKey: Secret(secret), sessionToken: token.map(Secret.init))
  }
}
