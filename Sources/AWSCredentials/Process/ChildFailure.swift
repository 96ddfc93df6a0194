/// Why a process gave no output. Nothing that the process wrote is in it.
enum ChildFailure: Error, Equatable {
  /// It couldn't be started, with the `errno` value.
  case notStarted(Int32)
  /// It ended with another status than 0.
  case exited(Int32)
  /// A signal ended it.
  case killed(signal: Int32)
  /// It took too long, and was killed.
  case timedOut(Duration)
  /// It wrote too much, and was killed.
  case tooMuchOutput(limit: Int)
  /// Its output or its end couldn't be read.
  case lost

  /// Behind "credential_process".
  var words: String {
    switch self {
    case .notStarted(let code): "can't be started: error \(code); is the program there, and may it be run?"
    case .exited(let status): "failed with exit status \(status)"
    case .killed(let signal): "was ended by signal \(signal)"
    case .timedOut(let duration): "didn't end within \(duration.components.seconds) s and was stopped"
    case .tooMuchOutput(let limit): "wrote more than \(limit) bytes and was stopped"
    case .lost: "couldn't be waited for"
    }
  }
}
