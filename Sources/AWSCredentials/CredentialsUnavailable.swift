/// There is nothing to sign with. Says where was looked and why that gave nothing; never a secret.
package struct CredentialsUnavailable: Error, Sendable, Equatable, CustomStringConvertible {
  /// A source that was asked.
  package struct Attempt: Sendable, Equatable {
    /// `environment`, `profile 'default'`, `instance metadata`.
    package let source: String
    /// Why it gave nothing.
    package let reason: String
  }

  /// The sources in the order they were asked. One that is set up and fails is the last: those after it would be
  /// someone else's rights.
  package let attempts: [Attempt]
  /// All of it on one line.
  package let reason: String

  package init(_ reason: String) {
    attempts = []
    self.reason = reason
  }

  init(attempts: [Attempt]) {
    self.attempts = attempts
    reason = "no credentials: " + attempts.map { "\($0.source): \($0.reason)" }.joined(separator: "; ")
  }

  package var description: String { reason }
}
