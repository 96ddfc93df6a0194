import AWSSettings
import SigV4

/// The command of `credential_process` (AWS SDKs and Tools Reference Guide, "Process credential provider").
struct CredentialProcess {
  let surroundings: Surroundings
  let command: Secret

  /// Runs the command, without a shell.
  ///
  /// - Throws: `SourceFailure.failed`. What the command wrote is never shown.
  func credentials() async throws(SourceFailure) -> FoundCredentials {
    guard let words = ShellWords.split(command.exposed), !words.isEmpty else {
      throw .failed("credential_process isn't a command: a quote or a backslash is left open, or it is empty")
    }
    let child = ChildProcess(
      words: words, environment: surroundings.environment.variables, timeout: surroundings.processTimeout,
      outputLimit: CredentialsDocument.limit)
    let output: Result<[UInt8], ChildFailure>
    do {
      output = try await Blocking.run { child.output() }
    } catch {
      throw .failed("credential_process: the system has no room for a thread")
    }
    switch output {
    case .success(let bytes): return try credentials(in: bytes)
    case .failure(let failure): throw .failed("credential_process \(failure.words)")
    }
  }

  private func credentials(in output: [UInt8]) throws(SourceFailure) -> FoundCredentials {
    do throws(SourceFailure) {
      let document = try CredentialsDocument.read(output)
      guard document.version == 1 else { throw .failed("the answer's Version has to be 1") }
      return try document.credentials(source: "credential_process")
    } catch {
      throw .failed("credential_process: \(error.reason)")
    }
  }
}
