/// A role to assume.
struct Role: Sendable, Equatable {
  let arn: String
  var sessionName: String?
  var externalID: String?
  /// In seconds.
  var duration: Int?
}

/// A role for whoever has the token in a file (OpenID Connect).
struct WebIdentity: Sendable, Equatable {
  let role: Role
  let tokenFile: String
  /// What names the file, for the errors.
  let setting: String
}
