import GatewayCore

/// How an attempt failed, as far as a retry hangs on it.
enum FailureKind: Equatable {
  /// A moment later it may work: 5xx, a broken or refused connection.
  case transient
  /// AWS asks for fewer calls.
  case throttled
  /// AWS's clock and ours may differ.
  case clockSkew
  /// AWS doesn't take the credentials any more.
  case credentials
  /// Trying again changes nothing.
  case final

  private static let transientStatuses: Set<Int> = [500, 502, 503, 504]
  private static let transientCodes: Set<String> = ["RequestTimeout", "RequestTimeoutException"]
  private static let skewCodes: Set<String> = [
    "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
    "AccessDeniedException",
  ]
  private static let credentialsCodes: Set<String> = [
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnrecognizedClientException", "InvalidClientTokenId",
    "InvalidAccessKeyId",
  ]

  /// The kind of an error answer.
  init(code: String?, status: Int) {
    let code = code ?? ""
    if AWSErrorClass(code: code) == .throttled {
      self = .throttled
    } else if Self.credentialsCodes.contains(code) {
      self = .credentials
    } else if Self.skewCodes.contains(code) {
      self = .clockSkew
    } else if Self.transientCodes.contains(code) || Self.transientStatuses.contains(status) {
      self = .transient
    } else {
      self = .final
    }
  }

  /// The kind of an answer that didn't come.
  init(_ failure: TransportFailure) {
    self =
      switch failure {
      case .notSent, .broken: .transient
      // The deadline is over, and a name that isn't known won't be a moment later.
      case .timedOut, .unknownHost: .final
      }
  }
}
