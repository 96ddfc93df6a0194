import GatewayCore

/// A call with all its attempts, and how the last one ended.
struct SentCall: Sendable {
  enum Ending: Sendable {
    case success(UpstreamResponse)
    /// AWS answered with an error.
    case error(AWSAnswer)
    case noAnswer(TransportFailure)
    case noCredentials(String)
    /// The deadline was over before the first attempt.
    case tooLate
  }

  var attempts: [Attempt] = []
  var ending = Ending.tooLate
  /// Which key signed the last attempt.
  var accessKeyID: String?

  /// Whether AWS's last word is an error.
  var isAnswered: Bool {
    if case .error = ending { true } else { false }
  }

  /// What AWS said last to the call itself.
  var answer: AWSAnswer {
    let last = attempts.last { $0.operation == attempts.first?.operation }
    let count = attempts.count { $0.operation == last?.operation }
    if case .error(var answer) = ending {
      answer.attempts = count
      return answer
    }
    return AWSAnswer(requestID: last?.requestID, httpStatus: last?.httpStatus, attempts: count)
  }

  /// For the log.
  var cause: String? {
    switch ending {
    case .success:
      attempts.contains { $0.ending == .notUnderstood } ? "the body of a success isn't about what was asked for" : nil
    case .error: nil
    case .noAnswer(.notSent(let cause)), .noAnswer(.broken(let cause)), .noCredentials(let cause): cause
    case .noAnswer(.unknownHost): "the endpoint's host name isn't known"
    case .noAnswer(.timedOut): "no answer before the deadline"
    case .tooLate: "the deadline was over before anything was sent"
    }
  }

  /// The last answer said success, but its body isn't what it has to be.
  mutating func lastWasNotUnderstood() {
    guard let last = attempts.popLast() else { return }
    attempts.append(
      Attempt(
        operation: last.operation, ending: .notUnderstood, requestID: last.requestID, httpStatus: last.httpStatus))
  }
}
