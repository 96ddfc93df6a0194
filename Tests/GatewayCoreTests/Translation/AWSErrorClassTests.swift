import GatewayCore
import Testing

@Suite("AWSErrorClass")
struct AWSErrorClassTests {
  /// The service's errors, the SDKs' throttling codes, and IAM's common errors.
  static let table: [(codes: [String], expected: AWSErrorClass)] = [
    (["ResourceNotFoundException"], .notFound),
    (
      ["DisabledOperationException", "ConflictException", "LimitExceededException", "InvalidTypeException"],
      .notRejectable
    ),
    (["ValidationException"], .validation),
    (
      [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete",
        "EC2ThrottledException",
      ], .throttled
    ),
    (
      [
        "AccessDeniedException", "AccessDenied", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
        "RequestTimeTooSkewed", "ExpiredToken", "ExpiredTokenException", "RequestExpired",
        "UnrecognizedClientException",
        "InvalidClientTokenId", "MissingAuthenticationTokenException", "IncompleteSignature", "OptInRequired",
      ], .denied
    ),
    (
      [
        "InternalException", "DependencyFailureException", "RequestTimeout", "RequestTimeoutException",
        "ServiceUnavailable",
        "500", "502", "400", "409", "", "resourcenotfoundexception", "ResourceNotFoundException2",
        "NobodyHasSeenThisYet",
      ], .other
    ),
  ]

  @Test("Every code that AWS is known to use means what it should for a reject", arguments: table)
  func codes(codes: [String], expected: AWSErrorClass) {
    for code in codes {
      #expect(AWSErrorClass(code: code) == expected, "\(code)")
    }
  }

  @Test("An error without a code is like one nobody has seen yet")
  func noCode() {
    #expect(AWSErrorClass(code: nil) == .other)
  }
}
