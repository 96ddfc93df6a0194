import HTTPTypes

/// Why a request isn't carried out, before anyone looks at what it wants.
struct Refusal: Error, Sendable, Equatable {
  /// For the log.
  let verdict: Verdict
  /// For the client.
  let error: AWSError

  /// 403, the status of every refusal that is about a signature.
  static func denied(_ verdict: Verdict, _ code: String, _ message: String) -> Refusal {
    Refusal(verdict: verdict, error: AWSError(status: .forbidden, code: code, message: message))
  }

  /// The signature may be someone's, but it isn't good for this request.
  static func invalidSignature(_ verdict: Verdict, _ message: String) -> Refusal {
    denied(verdict, "InvalidSignatureException", message)
  }

  /// AWS doesn't tell whether the key or the session token is at fault.
  static func unrecognizedClient(_ verdict: Verdict) -> Refusal {
    denied(verdict, "UnrecognizedClientException", "The security token included in the request is invalid.")
  }

  /// The keys were temporary ones, and their time is over.
  static let expiredToken = denied(
    .expiredToken, "ExpiredTokenException", "The security token included in the request is expired")
}
