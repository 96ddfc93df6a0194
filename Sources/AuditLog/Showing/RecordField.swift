/// What is shown of a record.
enum RecordField: Int, CaseIterable, Sendable {
  case time, sequence, stage, requestID, action, connectionID, path, token, tokenName, address, peer, userAgent, reason
  case httpStatus, code, outcome, awsCode, awsRequestID, awsHTTPStatus, awsAttempts, sharedWith, accessKeyID
  case durationMilliseconds, recovers, count, since
}
