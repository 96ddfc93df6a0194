import AWSSettings
import SigV4

/// Comes by credentials as a recipe says, from its innermost source outwards. A refresh does all of it again.
struct RecipeRunner: Sendable {
  let surroundings: Surroundings
  /// The profile in use: STS's endpoint hangs on it, even where the role is another profile's.
  let profile: Profile?
  /// What `credential_source` can name.
  let named: [Recipe.Named: any CredentialSource]

  /// - Throws: `SourceFailure.failed`.
  func run(_ recipe: Recipe) async throws(SourceFailure) -> FoundCredentials {
    switch recipe {
    case .keys(let credentials):
      return FoundCredentials(credentials: credentials, expiresAt: nil, source: recipe.words)
    case .process(let command):
      return try await CredentialProcess(surroundings: surroundings, command: command).credentials()
    case .webIdentity(let identity):
      return try await STSClient(surroundings, profile: profile).assumeRole(with: identity)
    case .named(let name):
      do throws(SourceFailure) {
        guard let source = named[name] else { throw .failed("isn't supported") }
        return try await source.credentials()
      } catch {
        throw .failed("credential_source \(name.rawValue): \(error.reason)")
      }
    case .role(let role, let source):
      let credentials = try await run(source).credentials
      return try await STSClient(surroundings, profile: profile).assumeRole(role, with: credentials)
    }
  }
}
