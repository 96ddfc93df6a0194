/// What came of asking AWS for something.
package struct UpstreamReport<Success: Sendable & Equatable>: Sendable, Equatable {
  /// How it ended.
  package enum Verdict: Sendable, Equatable {
    /// AWS did it.
    case accepted(Success)
    /// What AWS answered got lost or wasn't understood, but a look-up shows that it did it.
    case confirmed(Success)
    /// AWS answered with an error, whose code is in `answer`.
    case refused
    /// AWS found the call invalid, and a look-up shows why: there is no such connection, or it isn't in a state for it.
    case settled(AWSErrorClass)
    /// AWS answered something that isn't understood, or was cut off in the middle.
    case notUnderstood
    /// Provably nothing was sent.
    case unreachable
    /// It was sent, and what AWS did with it isn't known: no answer came back in time, or it broke off.
    case timedOut
    /// There was nothing to sign with.
    case noCredentials
    /// The deadline was over before anything was sent.
    case tooLate
  }

  package let verdict: Verdict
  /// AWS's last answer to the call itself.
  package let answer: AWSAnswer
  /// Every request that went to AWS for it, look-ups included.
  package let attempts: [Attempt]
  /// The connection as a look-up saw it, where there was one.
  package let connection: Connection?
  /// Which key signed; `nil` if nothing was signed.
  package let accessKeyID: String?
  /// The region that was asked.
  package let region: String
  /// What happened in the gateway's own terms, for its log; not for callers.
  package let cause: String?

  package init(
    verdict: Verdict, answer: AWSAnswer, attempts: [Attempt] = [], connection: Connection? = nil,
    accessKeyID: String?, region: String, cause: String? = nil
  ) {
    self.verdict = verdict
    self.answer = answer
    self.attempts = attempts
    self.connection = connection
    self.accessKeyID = accessKeyID
    self.region = region
    self.cause = cause
  }

  /// The same, with these attempts.
  package func with(_ attempts: [Attempt]) -> Self {
    Self(
      verdict: verdict, answer: answer, attempts: attempts, connection: connection, accessKeyID: accessKeyID,
      region: region, cause: cause)
  }
}

/// What came of asking AWS to reject a connection.
package typealias RejectionReport = UpstreamReport<Connection>

extension RejectionReport {
  /// The connection, if AWS took the reject.
  package var rejectedConnection: Connection? {
    switch verdict {
    case .accepted(let connection), .confirmed(let connection): connection
    default: nil
    }
  }
}

/// What came of looking connections up.
package typealias LookUpReport = UpstreamReport<ConnectionPage>
