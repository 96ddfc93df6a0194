import AWSSettings

/// The profile that `AWS_PROFILE` names, or `default`.
struct ProfileSource: CredentialSource {
  let files: Result<ProfileFiles, AWSSettingsError>
  let recipes: RecipeRunner

  var name: String {
    (try? files.get()).map { "profile '\($0.currentName)'" } ?? "profile"
  }

  func credentials() async throws(SourceFailure) -> FoundCredentials {
    let files: ProfileFiles
    let profile: Profile?
    do throws(AWSSettingsError) {
      files = try self.files.get()
      profile = try files.current()
    } catch {
      throw .failed(error.reason)
    }
    guard let profile else { throw .absent("there is no such profile") }
    let recipe = try ProfileRecipes(files: files).recipe(for: profile)
    var found = try await recipes.run(recipe)
    found.source = "the profile '\(profile.name)': \(recipe.words)"
    return found
  }
}
