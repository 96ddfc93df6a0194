package import AWSSettings
package import Clocks
package import GatewayCore
package import SigV4

/// The credentials that an AWS SDK would find here: environment, profile, web identity, container, instance metadata, in
/// this order (AWS SDKs and Tools Reference Guide, "Standardized credential providers").
///
/// They are looked up at the first call, kept, and refreshed ahead of their end. What gave nothing is looked up again at
/// the next call, so that a file put right counts without a restart.
package final class CredentialChain: CredentialsProvider {
  private let refreshing: RefreshingCredentials
  private let surroundings: Surroundings

  /// - Parameters:
  ///   - region: whose STS is asked for roles.
  ///   - transport: to STS, the container's endpoint and instance metadata; the last two speak plain HTTP.
  ///   - sleep: between the tries of one look-up.
  ///   - random: from 0 to 1, 1 not included.
  ///   - executor: where refreshes run.
  ///   - log: takes what happens; called on any thread, so it must not block.
  package init(
    environment: AWSEnvironment, region: Region, transport: any HTTPTransport, wallClock: WallClock,
    clock: MonotonicClock, sleep: @escaping @Sendable (Duration) async -> Void,
    random: @escaping @Sendable () -> Double, executor: any TaskExecutor,
    log: @escaping @Sendable (CredentialEvent) -> Void
  ) {
    let surroundings = Surroundings(
      environment: environment, region: region, transport: transport, wallClock: wallClock, clock: clock, sleep: sleep,
      random: random)
    self.surroundings = surroundings
    refreshing = RefreshingCredentials(
      wallClock: wallClock, clock: clock, sleep: sleep, random: random, executor: executor, log: log
    ) { () async throws(CredentialsUnavailable) in
      try await CredentialLookUp(surroundings).run()
    }
  }

  package func credentials(
    deadline: MonotonicClock.Instant?
  ) async throws(CredentialsUnavailable) -> SigningCredentials {
    try await refreshing.credentials(deadline: deadline)
  }

  package func refused(_ credentials: SigningCredentials) async {
    await refreshing.refused(credentials)
  }

  /// Looks everything up anew at the next call. What is held is kept while it lives, if that fails.
  package func reload() {
    refreshing.reload()
  }

  /// Where the credentials are from and until when they are good, or what was tried in vain. Looks them up first, where
  /// there are none.
  package func description() async -> CredentialsDescription {
    await refreshing.description()
  }

  /// The ARN of whom the credentials are, as STS says it; asking needs no rights.
  ///
  /// - Throws: `CredentialsUnavailable`: there are none, or STS gave no answer or refused them.
  package func callerARN() async throws(CredentialsUnavailable) -> String {
    let credentials = try await credentials()
    do throws(SourceFailure) {
      let profile = try? ProfileFiles(environment: surroundings.environment).current()
      return try await STSClient(surroundings, profile: profile).callerARN(credentials)
    } catch {
      throw CredentialsUnavailable(error.reason)
    }
  }
}
