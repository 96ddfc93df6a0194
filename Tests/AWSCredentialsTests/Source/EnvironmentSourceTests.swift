import AWSSettings
import Clocks
import SigV4
import Testing

@testable import AWSCredentials

struct EnvironmentSourceTests {
  private func source(_ variables: [String: String]) -> EnvironmentSource {
    EnvironmentSource(environment: AWSEnvironment(variables))
  }

  @Test("Keys, token and end are read")
  func all() async throws {
    let found = try await source([
      "AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "token",
      "AWS_CREDENTIAL_EXPIRATION": "2026-11-22T18:00:00+00:00",
    ]).credentials()
    #expect(found.credentials.accessKeyID == "ID")
    #expect(found.credentials.secretAccessKey.exposed == "hidden")
    #expect(found.credentials.sessionToken?.exposed == "token")
    #expect(found.expiresAt?.iso8601 == "2026-11-22T18:00:00Z")
  }

  @Test("Keys alone don't expire")
  func keysAlone() async throws {
    let found = try await source([
      "AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "",
    ]).credentials()
    #expect(found.credentials.sessionToken == nil)
    #expect(found.expiresAt == nil)
  }

  @Test(
    "Without a key id the next source is asked",
    arguments: [[:], ["AWS_ACCESS_KEY_ID": ""], ["AWS_SECRET_ACCESS_KEY": "hidden"]])
  func absent(variables: [String: String]) async {
    #expect(await failure(of: source(variables)) == .absent("AWS_ACCESS_KEY_ID isn't set"))
  }

  @Test(
    "What can't be used ends the search",
    arguments: [
      ["AWS_ACCESS_KEY_ID": "ID"], ["AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": ""],
      ["AWS_ACCESS_KEY_ID": "I D", "AWS_SECRET_ACCESS_KEY": "hidden"],
      ["AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "hidden\n"],
      ["AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "a\r\nX: y"],
      ["AWS_ACCESS_KEY_ID": "ÏD", "AWS_SECRET_ACCESS_KEY": "hidden"],
      ["AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_CREDENTIAL_EXPIRATION": "tomorrow"],
    ])
  func failed(variables: [String: String]) async {
    guard case .failed(let reason) = await failure(of: source(variables)) else {
      Issue.record("it didn't fail")
      return
    }
    #expect(!reason.contains("hidden"))
  }
}
