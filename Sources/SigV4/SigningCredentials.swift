/// The keys that sign requests to AWS.
///
/// The secret parts are redacted in every description, so that a log line or a crash report can't show them.
package struct SigningCredentials: Sendable, Equatable {
  /// Names the key; not a secret, and written to the audit log.
  package let accessKeyID: String
  package let secretAccessKey: Secret
  /// Present with temporary credentials; sent as `x-amz-security-token`.
  package let sessionToken: Secret?

  package init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }
}
