import GatewayCore

/// What the caller is told of a reject.
enum Ruling: Equatable {
  case rejected
  case notRejected(ProblemCode)
  case notSent(ProblemCode)
  case unknown(ProblemCode)
}

extension RejectionReport {
  /// The problem that the report amounts to; `nil` if it is a success.
  var problem: Problem? {
    do {
      _ = try RejectionTranslation.connection(from: self)
      return nil
    } catch {
      return error
    }
  }

  var ruling: Ruling {
    guard let problem else { return .rejected }
    return switch problem.outcome {
    case .rejected: .rejected
    case .notRejected: .notRejected(problem.code)
    case .notSent: .notSent(problem.code)
    case .unknown: .unknown(problem.code)
    }
  }
}
