/// What came of asking AWS to reject a connection.
package struct RejectionReport: Sendable, Equatable {
  /// How it ended.
  package enum Verdict: Sendable, Equatable {
    /// AWS took it.
    case accepted(Connection)
    /// AWS answered with an error, whose code is in `answer`.
    case refused
    /// AWS answered something that isn't understood, or was cut off in the middle.
    case notUnderstood
    /// Provably nothing was sent.
    case unreachable
    /// It was sent, and no answer came before the deadline.
    case timedOut
    /// There was nothing to sign with.
    case noCredentials
    /// The deadline was over before anything was sent.
    case tooLate
  }

  package let verdict: Verdict
  package let answer: AWSAnswer
  /// Which key signed; `nil` if nothing was signed.
  package let accessKeyID: String?
  /// The region that was asked.
  package let region: String
  /// What happened in the gateway's own terms, for its log; not for callers.
  package let cause: String?

  package init(verdict: Verdict, answer: AWSAnswer, accessKeyID: String?, region: String, cause: String? = nil) {
    self.verdict = verdict
    self.answer = answer
    self.accessKeyID = accessKeyID
    self.region = region
    self.cause = cause
  }
}
