/// What an AWS error means for a reject, by its code alone.
///
/// The HTTP status never decides: AWS answers `ResourceNotFoundException` and `DisabledOperationException` both with 409,
/// and throttles with 400 as well as 429, as traces of real calls show.
package enum AWSErrorClass: Sendable, Equatable {
  case notFound
  case notRejectable
  case validation
  case throttled
  case denied
  /// AWS failed, or says something nobody has seen yet.
  case other

  package init(code: String?) {
    self =
      switch code {
      case "ResourceNotFoundException": .notFound
      case "DisabledOperationException", "ConflictException", "LimitExceededException", "InvalidTypeException":
        .notRejectable
      case "ValidationException": .validation
      case let code? where Self.throttlingCodes.contains(code): .throttled
      case let code? where Self.denialCodes.contains(code): .denied
      default: .other
      }
  }

  /// AWS SDKs' list for the standard retry mode, less `LimitExceededException`, which is a quota here.
  private static let throttlingCodes: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete",
    "EC2ThrottledException",
  ]

  /// The gateway's credentials, clock or rights (IAM: "Common errors").
  private static let denialCodes: Set<String> = [
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "OptInRequired",
    "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidSignatureException",
    "SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException",
    "MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "ExpiredToken",
    "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed",
  ]
}
