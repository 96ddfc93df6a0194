import AWSSettings
import Clocks

/// One walk through the sources, from the first to the one that has credentials.
struct CredentialLookUp: Sendable {
  private let sources: [any CredentialSource]
  private let wallClock: WallClock

  /// Reads the shared config and credentials files.
  init(_ surroundings: Surroundings) {
    let files = Result { () throws(AWSSettingsError) in try ProfileFiles(environment: surroundings.environment) }
    self.init(surroundings, files: files)
  }

  init(_ surroundings: Surroundings, files: Result<ProfileFiles, AWSSettingsError>) {
    // What is wrong with the files, the profile's own turn tells.
    let profile = try? files.get().current()
    let environment = EnvironmentSource(environment: surroundings.environment)
    let webIdentity = WebIdentitySource(surroundings: surroundings, profile: profile)
    let container = ContainerSource(surroundings: surroundings)
    let instanceMetadata = InstanceMetadataSource(surroundings: surroundings, profile: profile)
    let recipes = RecipeRunner(
      surroundings: surroundings, profile: profile,
      named: [.environment: environment, .container: container, .instanceMetadata: instanceMetadata])
    sources = [
      environment, ProfileSource(files: files, recipes: recipes), webIdentity, container, instanceMetadata,
    ]
    wallClock = surroundings.wallClock
  }

  /// - Throws: `CredentialsUnavailable`, with each source that was asked.
  func run() async throws(CredentialsUnavailable) -> FoundCredentials {
    var attempts: [CredentialsUnavailable.Attempt] = []
    for source in sources {
      do throws(SourceFailure) {
        return try checked(try await source.credentials())
      } catch {
        attempts.append(.init(source: source.name, reason: error.reason))
        guard case .absent = error else { break }
      }
    }
    throw CredentialsUnavailable(attempts: attempts)
  }

  private func checked(_ found: FoundCredentials) throws(SourceFailure) -> FoundCredentials {
    if let expiresAt = found.expiresAt, expiresAt <= wallClock.now() {
      throw .failed("they expired at \(expiresAt.iso8601); is this machine's clock right?")
    }
    return found
  }
}
