import SigV4
import Synchronization

/// One caller who waits for the refresh: a result and the caller meet here, whichever comes first.
final class Waiter: Sendable {
  typealias Result = Swift.Result<SigningCredentials, CredentialsUnavailable>

  private enum State {
    case new
    case waiting(CheckedContinuation<Result, Never>)
    case done(Result)
  }

  private let state = Mutex(State.new)

  /// Waits for the result, or until the caller is cancelled. Called once.
  func result() async -> Result {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let result = state.withLock { state -> Result? in
          if case .done(let result) = state { return result }
          state = .waiting(continuation)
          return nil
        }
        if let result { continuation.resume(returning: result) }
      }
    } onCancel: {
      fulfil(.failure(CredentialsUnavailable("the call was cancelled while it waited for credentials")))
    }
  }

  /// Gives the result; the first one counts.
  func fulfil(_ result: Result) {
    let continuation = state.withLock { state -> CheckedContinuation<Result, Never>? in
      guard case .waiting(let continuation) = state else {
        if case .new = state { state = .done(result) }
        return nil
      }
      state = .done(result)
      return continuation
    }
    continuation?.resume(returning: result)
  }
}
