/// What the signature check made of a request, as the log says it.
enum Verdict: String, Sendable {
  case valid
  /// There is no `Authorization` header.
  case unsigned
  /// Two readers could take the message for two things, or its head is too large; nothing in it is looked at.
  case malformed
  /// The body is larger than is read, so its hash isn't known.
  case bodyTooLarge = "body_too_large"
  /// The `Authorization` header isn't one of SigV4.
  case malformedAuthorization = "malformed_authorization"
  /// `x-amz-date` is missing, stands twice or is no time.
  case missingDate = "missing_date"
  /// The credential scope's day isn't that of `x-amz-date`.
  case wrongDate = "wrong_date"
  case wrongRegion = "wrong_region"
  case wrongService = "wrong_service"
  case unknownAccessKey = "unknown_access_key"
  case badSessionToken = "bad_session_token"
  case expiredToken = "expired_token"
  /// `x-amz-date` is too far from the clock.
  case skewed
  /// The list of signed headers isn't lower-case, sorted and without repetition.
  case unsortedSignedHeaders = "unsorted_signed_headers"
  /// `host` or an `x-amz-` header isn't signed.
  case missingSignedHeader = "missing_signed_header"
  /// A header that is said to be signed isn't there.
  case absentSignedHeader = "absent_signed_header"
  case signatureMismatch = "signature_mismatch"
}
