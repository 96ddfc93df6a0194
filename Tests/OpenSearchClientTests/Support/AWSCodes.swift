/// The error codes of AWS, listed here once more: what the client knows them as is what is tested.
enum AWSCodes {
  static let throttling = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException",
  ]
  static let transient = ["RequestTimeout", "RequestTimeoutException"]
  static let transientStatuses = [500, 502, 503, 504]
  static let skew = [
    "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
    "AccessDeniedException",
  ]
  static let expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"]
  /// The access key isn't one: REST's name for it, and the query protocol's.
  static let rejectedKey = ["UnrecognizedClientException", "InvalidClientTokenId"]
  /// Those that AWS's model has for a reject, with the status that goes with them, and what else is seen.
  static let final = [
    ("ResourceNotFoundException", 409), ("DisabledOperationException", 409), ("ConflictException", 409),
    ("LimitExceededException", 409), ("InvalidTypeException", 409), ("ValidationException", 400),
    ("DependencyFailureException", 424), ("AccessDenied", 403), ("NotAuthorized", 400), ("SomethingNew", 418),
  ]
  static let connectionStatuses = [
    "PENDING_ACCEPTANCE", "APPROVED", "PROVISIONING", "ACTIVE", "REJECTING", "REJECTED", "DELETING", "DELETED",
  ]
}
