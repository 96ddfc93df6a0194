import Clocks
import SigV4
import Synchronization

@testable import AWSCredentials

/// Look-ups that a test answers by hand, and that are counted.
final class LookUps: Sendable {
  typealias Outcome = Result<FoundCredentials, CredentialsUnavailable>

  private struct State {
    var begun = 0
    var outcomes: [Outcome] = []
    var waiting: [CheckedContinuation<Outcome, Never>] = []
  }

  private let state = Mutex(State())

  /// How many have begun.
  var count: Int { state.withLock { $0.begun } }

  /// How many have begun and have no answer yet.
  var openCount: Int { state.withLock { $0.waiting.count } }

  /// Answers the one that waits, or the next.
  func answer(_ outcome: Outcome) {
    let waiting = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
      guard !state.waiting.isEmpty else {
        state.outcomes.append(outcome)
        return nil
      }
      return state.waiting.removeFirst()
    }
    waiting?.resume(returning: outcome)
  }

  func run() async throws(CredentialsUnavailable) -> FoundCredentials {
    let outcome = await withCheckedContinuation { continuation in
      let outcome = state.withLock { state -> Outcome? in
        state.begun += 1
        guard state.outcomes.isEmpty else { return state.outcomes.removeFirst() }
        state.waiting.append(continuation)
        return nil
      }
      if let outcome { continuation.resume(returning: outcome) }
    }
    return try outcome.get()
  }
}

/// Credentials with this key id.
func keys(_ id: String, token: String? = nil) -> SigningCredentials {
  SigningCredentials(
    accessKeyID: id, secretAccessKey: Secret("secret-of-\(id)"), sessionToken: token.map { Secret($0) })
}

func found(_ id: String, until expiresAt: Timestamp? = nil) -> FoundCredentials {
  FoundCredentials(credentials: keys(id), expiresAt: expiresAt, source: "a test")
}
