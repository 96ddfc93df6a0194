import AWSSettings
import SigV4

/// Reads recipes off profiles. Follows botocore where a profile says more than one thing: at the top a role to assume
/// comes first, in a `source_profile` its own keys do.
struct ProfileRecipes {
  let files: ProfileFiles

  /// How to come by the credentials of `profile`.
  ///
  /// - Throws: `SourceFailure`: absent where it says nothing about credentials; failed where what it says can't be done.
  func recipe(for profile: Profile) throws(SourceFailure) -> Recipe {
    if Self.hasRole(profile) { return try role(of: profile, path: [profile.name]) }
    guard let recipe = try own(profile) else { throw .absent("it has no settings for credentials") }
    return recipe
  }

  /// What the profile has itself, with no other profile's help.
  private func own(_ profile: Profile) throws(SourceFailure) -> Recipe? {
    if let file = profile.setting("web_identity_token_file") {
      guard let arn = profile.setting("role_arn") else {
        throw .failed("it has web_identity_token_file but no role_arn")
      }
      let role = Role(arn: arn, sessionName: profile.setting("role_session_name"))
      return .webIdentity(WebIdentity(role: role, tokenFile: file, setting: "web_identity_token_file"))
    }
    for name in ["sso_account_id", "sso_role_name"] where profile.setting(name) != nil {
      throw .failed("it has \(name): IAM Identity Center (SSO) isn't supported; use credential_process")
    }
    if let keys = try Self.keys(profile.credentials) { return keys }
    if profile.setting("login_session") != nil {
      throw .failed("it has login_session, which isn't supported; use credential_process")
    }
    if let command = profile.setting("credential_process") { return .process(Secret(command)) }
    return try Self.keys(profile.config)
  }

  /// - Parameter path: the profiles on the way here, this one last.
  private func role(of profile: Profile, path: [String]) throws(SourceFailure) -> Recipe {
    guard let arn = profile.setting("role_arn") else { throw .failed("the profile '\(profile.name)' has no role_arn") }
    if profile.setting("mfa_serial") != nil {
      throw .failed("the profile '\(profile.name)' has mfa_serial: nobody is there to type a code")
    }
    let role = Role(
      arn: arn, sessionName: profile.setting("role_session_name"), externalID: profile.setting("external_id"),
      duration: try Self.duration(of: profile))
    switch (profile.setting("source_profile"), profile.setting("credential_source")) {
    case (nil, nil):
      throw .failed("the profile '\(profile.name)' has role_arn, but neither source_profile nor credential_source")
    case (.some, .some):
      throw .failed("the profile '\(profile.name)' has both source_profile and credential_source; take one away")
    case (nil, let name?):
      guard let source = Recipe.Named(rawValue: name) else {
        let names = Recipe.Named.allCases.map(\.rawValue).joined(separator: ", ")
        throw .failed("the profile '\(profile.name)' has the credential_source '\(name)'; it has to be one of \(names)")
      }
      return .role(role, with: .named(source))
    case (let name?, nil):
      return .role(role, with: try source(name, of: profile, path: path))
    }
  }

  /// The recipe of the profile that `source_profile` names.
  private func source(_ name: String, of profile: Profile, path: [String]) throws(SourceFailure) -> Recipe {
    guard let source = files.profile(name) else {
      throw .failed("the profile '\(profile.name)' has the source_profile '\(name)', which isn't in the files")
    }
    let hasKeys = Self.hasKeys(source)
    // A profile may name itself: its role is then assumed with its own keys.
    guard !path.contains(name) || (name == profile.name && hasKeys) else {
      throw .failed("source_profile goes round in a loop: \((path + [name]).joined(separator: " → "))")
    }
    if Self.hasRole(source), !hasKeys { return try role(of: source, path: path + [name]) }
    guard let recipe = try own(source) else {
      throw .failed("the source_profile '\(name)' of the profile '\(profile.name)' has no credentials")
    }
    return recipe
  }

  private static func hasRole(_ profile: Profile) -> Bool {
    profile.setting("role_arn") != nil && profile.setting("web_identity_token_file") == nil
  }

  private static func hasKeys(_ profile: Profile) -> Bool {
    ["aws_access_key_id", "aws_secret_access_key"].contains { profile.setting($0) != nil }
  }

  private static func keys(_ settings: [String: String]) throws(SourceFailure) -> Recipe? {
    guard let accessKeyID = settings["aws_access_key_id"] else { return nil }
    return .keys(
      try KeyCheck.credentials(
        accessKeyID: accessKeyID, secretAccessKey: settings["aws_secret_access_key"].map(Secret.init),
        sessionToken: settings["aws_session_token"].map(Secret.init)))
  }

  private static func duration(of profile: Profile) throws(SourceFailure) -> Int? {
    guard let text = profile.setting("duration_seconds") else { return nil }
    guard let seconds = Int(text), seconds > 0 else {
      throw .failed("the profile '\(profile.name)' has a duration_seconds that is no number of seconds")
    }
    return seconds
  }
}
