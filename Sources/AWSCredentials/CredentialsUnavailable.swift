/// There is nothing to sign with, or it can't be read. Says where was looked and why that gave nothing; never a secret.
package struct CredentialsUnavailable: Error, Sendable, Equatable, CustomStringConvertible {
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }

  package var description: String { reason }
}
