import Clocks
import FoundationEssentials
import SigV4
import Testing

@testable import AWSCredentials

struct CredentialProcessTests {
  private static let answer =
    #"{"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"hidden-part","SessionToken":"hidden-token","Expiration":"2026-11-22T18:00:00Z"}"#

  /// Runs `script` as a command of a profile.
  private func run(_ script: String, timeout: Duration = .seconds(60)) async throws(SourceFailure) -> FoundCredentials {
    var surroundings: Surroundings
    do {
      surroundings = try AWSCredentialsTests.surroundings(["FROM_OUTSIDE": "hidden-part"])
    } catch {
      throw .failed("\(error)")
    }
    surroundings.processTimeout = timeout
    let quoted = script.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
    return try await CredentialProcess(surroundings: surroundings, command: Secret("/bin/sh -c '\(quoted)'"))
      .credentials()
  }

  private func failure(_ script: String, timeout: Duration = .seconds(60)) async -> SourceFailure? {
    do throws(SourceFailure) {
      _ = try await run(script, timeout: timeout)
      return nil
    } catch {
      return error
    }
  }

  @Test("Its answer is read")
  func answer() async throws {
    let found = try await run("echo '\(Self.answer)'")
    #expect(found.credentials.accessKeyID == "PROCESS")
    #expect(found.credentials.secretAccessKey.exposed == "hidden-part")
    #expect(found.credentials.sessionToken?.exposed == "hidden-token")
    #expect(found.expiresAt?.iso8601 == "2026-11-22T18:00:00Z")
  }

  @Test("It has our environment")
  func environment() async throws {
    let found = try await run(
      #"printf '{"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"%s"}' "$FROM_OUTSIDE""#)
    #expect(found.credentials.secretAccessKey.exposed == "hidden-part")
    #expect(found.expiresAt == nil)
  }

  @Test(
    "An answer that isn't right is a failure that shows nothing of it",
    arguments: [
      ("", "isn't the JSON"), ("hidden-part", "isn't the JSON"), (#"["hidden-part"]"#, "isn't the JSON"),
      (#"{"AccessKeyId":"A","SecretAccessKey":"hidden-part"}"#, "Version has to be 1"),
      (#"{"Version":2,"AccessKeyId":"A","SecretAccessKey":"hidden-part"}"#, "Version has to be 1"),
      (#"{"Version":"1","AccessKeyId":"A","SecretAccessKey":"hidden-part"}"#, "isn't the JSON"),
      (#"{"Version":1,"SecretAccessKey":"hidden-part"}"#, "access key id is missing"),
      (#"{"Version":1,"AccessKeyId":"A","SessionToken":"hidden-part"}"#, "secret access key is missing"),
      (#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hidden-part\nX: y"}"#, "control"),
      (#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hidden-part","Expiration":"soon"}"#, "isn't a time"),
    ])
  func wrongAnswers(answer: String, reason: String) async {
    let failure = await failure("cat <<'END'\n\(answer)\nEND")
    #expect(failure?.reason.contains(reason) == true)
    #expect(failure?.reason.contains("hidden-part") == false)
  }

  @Test("A failure says the exit status, and nothing that it wrote")
  func exitStatus() async {
    let failure = await failure("echo hidden-part; echo hidden-part >&2; exit 3")
    #expect(failure == .failed("credential_process failed with exit status 3"))
  }

  @Test("One that hangs is stopped")
  func hangs() async {
    let failure = await failure("sleep 1000", timeout: .seconds(1))
    #expect(failure == .failed("credential_process didn't end within 1 s and was stopped"))
  }

  @Test("A command with an open quote isn't run")
  func openQuote() async throws {
    let process = CredentialProcess(surroundings: try surroundings(), command: Secret("/bin/true 'hidden-part"))
    await #expect(throws: SourceFailure.self) { try await process.credentials() }
  }
}
