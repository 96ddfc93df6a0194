/// How a call ended, for its `outcome` or `denied` record.
package struct AuditResult: Sendable, Equatable {
  /// The status of the answer to the caller.
  package let httpStatus: Int
  /// `nil` with a success.
  package let code: ProblemCode?
  package let outcome: Outcome
  /// Where a call to AWS was tried.
  package var aws: AWSAnswer?
  /// Every request to AWS, where there was more than one.
  package var attempts: [Attempt] = []
  /// The request whose call to AWS served this one as well.
  package var sharedWith: RequestID?
  /// The key that signed, where something was signed.
  package var accessKeyID: String?
  package var durationMilliseconds: Int64?

  package init(
    httpStatus: Int, code: ProblemCode?, outcome: Outcome, aws: AWSAnswer? = nil, attempts: [Attempt] = [],
    sharedWith: RequestID? = nil, accessKeyID: String? = nil, durationMilliseconds: Int64? = nil
  ) {
    self.httpStatus = httpStatus
    self.code = code
    self.outcome = outcome
    self.aws = aws
    self.attempts = attempts
    self.sharedWith = sharedWith
    self.accessKeyID = accessKeyID
    self.durationMilliseconds = durationMilliseconds
  }
}
