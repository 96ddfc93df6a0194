import AWSCredentials
import Clocks
import SigV4
import Synchronization

/// Gives the credentials it is told to, or an error, and remembers how often it was asked and what was refused. After a
/// refusal come the next ones, if there are any.
final class FakeCredentials: CredentialsProvider {
  typealias Answer = Result<SigningCredentials, CredentialsUnavailable>

  private struct State {
    var answers: [Answer]
    var timesAsked = 0
    var refused: [SigningCredentials] = []
  }

  private let state: Mutex<State>

  init(_ answers: Answer...) {
    state = Mutex(State(answers: answers))
  }

  func credentials(deadline: MonotonicClock.Instant?) async throws(CredentialsUnavailable) -> SigningCredentials {
    let answer = state.withLock { state in
      state.timesAsked += 1
      return state.answers[0]
    }
    return try answer.get()
  }

  func refused(_ credentials: SigningCredentials) async {
    state.withLock { state in
      state.refused.append(credentials)
      if state.answers.count > 1 { state.answers.removeFirst() }
    }
  }

  var timesAsked: Int { state.withLock { $0.timesAsked } }
  var refused: [SigningCredentials] { state.withLock { $0.refused } }
}
