import Clocks
import Digest
import GatewayCore
import HTTPTypes
import SigV4

/// Checks a request's signature the way AWS does (IAM User Guide, "AWS Signature Version 4 for API requests", and
/// "Troubleshoot Signature Version 4 signing").
///
/// It shares the arithmetic with the gateway's signer, so the two agreeing proves nothing; botocore is what both are held
/// against.
struct SignatureCheck: Sendable {
  /// AWS's signing name of the service.
  static let service = "es"
  /// How far a request's time may be from the clock: 5 minutes, going by what es is seen to say of signatures that are
  /// late. Other services give 15.
  private static let toleranceInMinutes = 5

  let credentials: CredentialStore
  let region: String
  /// AWS's clock.
  let clock: WallClock

  /// What the request says of its signature.
  ///
  /// - Throws: `Refusal` if it says nothing, or nothing that can be read.
  func authorization(of request: Request) throws(Refusal) -> Authorization {
    guard let value = request.fields[.authorization] else {
      throw .denied(.unsigned, "MissingAuthenticationTokenException", "Missing Authentication Token")
    }
    guard let authorization = Authorization(headerValue: value) else {
      throw .denied(
        .malformedAuthorization, "IncompleteSignatureException",
        "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters.")
    }
    return authorization
  }

  /// Checks everything a signature stands for: who, when, where, and every byte that is signed.
  ///
  /// - Throws: `Refusal`, for the first thing found wrong.
  func check(_ authorization: Authorization, of request: Request, body: [UInt8]) throws(Refusal) {
    let (date, time) = try signingTime(of: request)
    try checkScope(authorization.scope, date: date)
    let now = clock.now()
    let credentials = try credentials.keys(
      authorization.accessKeyID, tokens: request.fields[values: .xAmzSecurityToken], now: now)
    try check(time, against: now)
    let headers = try SignedHeaders(authorization.signedHeaders, of: request).headers
    let canonicalRequest = CanonicalRequest(
      method: request.method, path: request.target.path, query: request.target.query ?? "", headers: headers,
      payloadHash: Hex.encode(SHA256.digest(body)))
    let key = SigningKey(secretAccessKey: credentials.secretAccessKey, scope: authorization.scope)
    let stringToSign = StringToSign(date: date, scope: authorization.scope, canonicalRequest: canonicalRequest)
    let expected = key.signature(of: stringToSign)
    guard ConstantTime.equal(Array(expected.utf8), Array(authorization.signature.utf8)) else {
      throw .invalidSignature(
        .signatureMismatch,
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
          + "Key and signing method. Consult the service documentation for details.")
    }
  }

  private func signingTime(of request: Request) throws(Refusal) -> (text: String, time: Timestamp) {
    let dates = request.fields[values: .xAmzDate]
    guard dates.count == 1, let time = Timestamp(basic: dates[0]) else {
      throw .denied(
        .missingDate, "IncompleteSignatureException",
        "Authorization header requires existence of a 'X-Amz-Date' header such as 20261122T160000Z.")
    }
    return (dates[0], time)
  }

  private func checkScope(_ scope: SigningScope, date: String) throws(Refusal) {
    guard scope.date == date.prefix(8) else {
      throw .invalidSignature(
        .wrongDate, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
    }
    guard scope.region == region else {
      throw .invalidSignature(.wrongRegion, "Credential should be scoped to a valid region.")
    }
    guard scope.service == Self.service else {
      throw .invalidSignature(.wrongService, "Credential should be scoped to correct service: '\(Self.service)'.")
    }
  }

  private func check(_ time: Timestamp, against now: Timestamp) throws(Refusal) {
    let tolerance = Duration.seconds(60 * Self.toleranceInMinutes)
    let oldest = now.advanced(by: .zero - tolerance)
    let latest = now.advanced(by: tolerance)
    guard time >= oldest else {
      throw .invalidSignature(
        .skewed,
        "Signature expired: \(time.iso8601Basic) is now earlier than \(oldest.iso8601Basic) "
          + "(\(now.iso8601Basic) - \(Self.toleranceInMinutes) min.)")
    }
    guard time <= latest else {
      throw .invalidSignature(
        .skewed,
        "Signature not yet current: \(time.iso8601Basic) is still later than \(latest.iso8601Basic) "
          + "(\(now.iso8601Basic) + \(Self.toleranceInMinutes) min.)")
    }
  }
}
