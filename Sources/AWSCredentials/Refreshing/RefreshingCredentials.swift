import Clocks
import SigV4
import Synchronization

/// Keeps credentials fresh: one refresh at a time, ahead of their end, as a task of its own.
///
/// The refresh is nobody's child: a caller who is cancelled leaves the queue and takes nothing with it.
final class RefreshingCredentials: CredentialsProvider {
  typealias LookUp = @Sendable () async throws(CredentialsUnavailable) -> FoundCredentials

  private struct State {
    var refresh = RefreshState()
    var waiters: [Waiter] = []
  }

  /// After a failure the next try comes so much later, in seconds; the exact moment is random, so that a fleet's tries
  /// don't come together (as in the AWS SDK for Go v2).
  private static let retrySeconds = (from: 300.0, to: 600.0)

  private let state = Mutex(State())
  private let lookUp: LookUp
  private let wallClock: WallClock
  private let clock: MonotonicClock
  private let sleep: @Sendable (Duration) async -> Void
  private let random: @Sendable () -> Double
  private let executor: any TaskExecutor
  private let log: @Sendable (CredentialEvent) -> Void

  init(
    wallClock: WallClock, clock: MonotonicClock, sleep: @escaping @Sendable (Duration) async -> Void,
    random: @escaping @Sendable () -> Double, executor: any TaskExecutor,
    log: @escaping @Sendable (CredentialEvent) -> Void, lookUp: @escaping LookUp
  ) {
    self.lookUp = lookUp
    self.wallClock = wallClock
    self.clock = clock
    self.sleep = sleep
    self.random = random
    self.executor = executor
    self.log = log
  }

  func credentials(deadline: MonotonicClock.Instant?) async throws(CredentialsUnavailable) -> SigningCredentials {
    let waiter = Waiter()
    let answer = state.withLock { state in
      let answer = state.refresh.ask(at: wallClock.now(), clock.now())
      if answer == .wait || answer == .beginAndWait { state.waiters.append(waiter) }
      return answer
    }
    switch answer {
    case .use(let credentials):
      return credentials
    case .useAndBegin(let credentials):
      beginRefresh()
      return credentials
    case .beginAndWait:
      beginRefresh()
      return try await wait(waiter, until: deadline)
    case .wait:
      return try await wait(waiter, until: deadline)
    }
  }

  /// The refresh goes on when a waiter leaves: what it brings is good for the next call.
  private func wait(
    _ waiter: Waiter, until deadline: MonotonicClock.Instant?
  ) async throws(CredentialsUnavailable) -> SigningCredentials {
    if let deadline {
      let patience = deadline - clock.now()
      Task(executorPreference: executor) { [sleep] in
        await sleep(patience)
        waiter.fulfil(.failure(CredentialsUnavailable("looking the credentials up took longer than the call may take")))
      }
    }
    return try await waiter.result().get()
  }

  func refused(_ credentials: SigningCredentials) async {
    guard state.withLock({ $0.refresh.refused(credentials, at: clock.now()) }) else { return }
    log(.refused(accessKeyID: credentials.accessKeyID))
    beginRefresh()
  }

  /// Looks everything up anew at the next call. What is held is kept while it lives, if that fails.
  func reload() {
    state.withLock { $0.refresh.reload() }
  }

  /// What is in use; looks it up first where nothing is.
  func description() async -> CredentialsDescription {
    do {
      _ = try await credentials()
    } catch {
      return .unavailable(error)
    }
    let refresh = state.withLock { $0.refresh }
    // Expired in this very moment is as good as found: who asks next waits for new ones.
    guard let found = refresh.found else { return .unavailable(CredentialsUnavailable(attempts: [])) }
    return .found(
      source: found.source, accessKeyID: found.credentials.accessKeyID, expiresAt: found.expiresAt,
      lastFailure: refresh.lastFailure)
  }

  private func beginRefresh() {
    Task(executorPreference: executor) { [self] in
      do throws(CredentialsUnavailable) {
        finish(try await lookUp())
      } catch {
        finish(error)
      }
    }
  }

  private func finish(_ found: FoundCredentials) {
    let (waiters, isNew) = state.withLock { state in
      let isNew = state.refresh.found != found
      state.refresh.succeeded(found, at: wallClock.now(), clock.now(), delay: retryDelay())
      return (Self.takeWaiters(&state), isNew)
    }
    waiters.forEach { $0.fulfil(.success(found.credentials)) }
    guard isNew else { return }
    log(
      .obtained(
        source: found.source, accessKeyID: found.credentials.accessKeyID, expiresAt: found.expiresAt))
  }

  private func finish(_ failure: CredentialsUnavailable) {
    let now = wallClock.now()
    let (waiters, kept, retryIn, isNew) = state.withLock { state in
      let isNew = state.refresh.lastFailure != failure
      let retryIn = state.refresh.failed(failure, at: now, clock.now(), delay: retryDelay())
      return (Self.takeWaiters(&state), state.refresh.usable(at: now), retryIn, isNew)
    }
    waiters.forEach { $0.fulfil(kept.map { .success($0.credentials) } ?? .failure(failure)) }
    if let kept {
      log(
        .refreshFailed(
          failure, accessKeyID: kept.credentials.accessKeyID, expiresAt: kept.expiresAt, retryIn: retryIn))
    } else if isNew {
      // Each call looks again, and most find the same.
      log(.unavailable(failure))
    }
  }

  private static func takeWaiters(_ state: inout State) -> [Waiter] {
    defer { state.waiters = [] }
    return state.waiters
  }

  private func retryDelay() -> Duration {
    .milliseconds(Int64((Self.retrySeconds.from + random() * (Self.retrySeconds.to - Self.retrySeconds.from)) * 1000))
  }
}
