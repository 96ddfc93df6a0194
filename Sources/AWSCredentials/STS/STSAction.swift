import SigV4

/// What STS is asked for.
struct STSAction: Equatable {
  /// `the role arn:… can't be assumed`, for the errors.
  let failureWords: String
  /// `Action=AssumeRole&Version=2011-06-15&…`
  let form: Secret
  /// What must not be shown, should STS quote it.
  let secrets: [Secret]

  private init(
    _ name: String, failureWords: String, _ parameters: [(name: String, value: String?)] = [], secrets: [Secret] = []
  ) {
    let all = [(name: "Action", value: name), (name: "Version", value: "2011-06-15")] + parameters
    self.failureWords = failureWords
    self.secrets = secrets
    form = Secret(
      all.compactMap { name, value in value.map { "\(name)=\(URIEncoding.encode($0))" } }.joined(separator: "&"))
  }

  static func assumeRole(_ role: Role, defaultSessionName: String) -> STSAction {
    STSAction(
      "AssumeRole", failureWords: words(role),
      names(role, defaultSessionName) + [
        (name: "ExternalId", value: role.externalID), (name: "DurationSeconds", value: role.duration.map(String.init)),
      ])
  }

  static func assumeRole(_ role: Role, webIdentityToken: Secret, defaultSessionName: String) -> STSAction {
    STSAction(
      "AssumeRoleWithWebIdentity", failureWords: words(role),
      names(role, defaultSessionName) + [(name: "WebIdentityToken", value: webIdentityToken.exposed)],
      secrets: [webIdentityToken])
  }

  static let getCallerIdentity = STSAction("GetCallerIdentity", failureWords: "the caller's identity can't be had")

  private static func names(_ role: Role, _ defaultSessionName: String) -> [(name: String, value: String?)] {
    [(name: "RoleArn", value: role.arn), (name: "RoleSessionName", value: role.sessionName ?? defaultSessionName)]
  }

  private static func words(_ role: Role) -> String {
    "the role \(role.arn) can't be assumed"
  }
}
