import SigV4

/// How to come by the credentials of a profile, as its settings say.
indirect enum Recipe: Equatable {
  /// What `credential_source` may name.
  enum Named: String, CaseIterable {
    case environment = "Environment"
    case container = "EcsContainer"
    case instanceMetadata = "Ec2InstanceMetadata"
  }

  /// Keys that stand in the file.
  case keys(SigningCredentials)
  /// A command to run, which may have a secret among its arguments.
  case process(Secret)
  case webIdentity(WebIdentity)
  case named(Named)
  case role(Role, with: Recipe)

  /// In words, for the log and `doctor`.
  var words: String {
    switch self {
    case .keys: "static keys"
    case .process: "credential_process"
    case .webIdentity(let identity): "role \(identity.role.arn) for a web identity token"
    case .named(let source): "credential_source \(source.rawValue)"
    case .role(let role, let source): "role \(role.arn) assumed with \(source.words)"
    }
  }
}
