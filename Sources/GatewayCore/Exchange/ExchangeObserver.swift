/// Is told what happens in exchanges, for the log and the metrics. What it does must not block.
package protocol ExchangeObserver: Sendable {
  /// A response is about to be sent.
  func responded(to request: Request, route: String, response: Response, after duration: Duration)
  /// AWS was asked to reject, with this result.
  func rejectAnswered(_ report: RejectionReport, to requestID: RequestID)
  /// AWS was asked for connections, with this result.
  func lookUpAnswered(_ report: LookUpReport, to requestID: RequestID)
  /// A call was refused for being one too many.
  func rateLimited(_ kind: RateLimits.Kind)
  /// Calls from this network brought too many tokens that are no good. Not told each time: see `LockNotices`.
  func networkLocked(_ network: String)
  /// A record couldn't be written.
  func auditFailed(_ error: AuditUnavailable)
}
