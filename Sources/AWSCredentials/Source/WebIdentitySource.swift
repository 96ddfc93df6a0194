import AWSSettings

/// The role that `AWS_ROLE_ARN` names, for the token in `AWS_WEB_IDENTITY_TOKEN_FILE`: IAM roles for service accounts.
struct WebIdentitySource: CredentialSource {
  let surroundings: Surroundings
  let profile: Profile?

  var name: String { "web identity" }

  func credentials() async throws(SourceFailure) -> FoundCredentials {
    let environment = surroundings.environment
    let fileVariable = "AWS_WEB_IDENTITY_TOKEN_FILE"
    guard let file = environment[fileVariable] else { throw .absent("\(fileVariable) isn't set") }
    guard let role = environment["AWS_ROLE_ARN"] else {
      throw .failed("\(fileVariable) is set, but AWS_ROLE_ARN isn't")
    }
    let identity = WebIdentity(
      role: Role(arn: role, sessionName: environment["AWS_ROLE_SESSION_NAME"]), tokenFile: file, setting: fileVariable)
    return try await STSClient(surroundings, profile: profile).assumeRole(with: identity)
  }
}
