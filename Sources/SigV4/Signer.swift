package import Clocks
import Digest

/// Signs requests with AWS Signature Version 4 in the `Authorization` header (IAM User Guide, "AWS Signature Version 4
/// for API requests").
///
/// Pure: time comes in as a parameter, and what comes out are the headers to add.
package struct Signer: Sendable {
  package let region: String
  package let service: String
  private let keys = SigningKeyCache()
  private static let emptyPayloadHash = Hex.encode(SHA256.digest([]))

  package init(region: String, service: String) {
    self.region = region
    self.service = service
  }

  /// The headers that make the request a signed one: `x-amz-date`, `x-amz-security-token` where the credentials have a
  /// session token, and `authorization`.
  ///
  /// - Parameters:
  ///   - path: the path as sent, with no query. No request of the gateway has one.
  ///   - host: the value of the `Host` header that will be sent, which is signed as well.
  package func sign(
    method: String, host: String, path: String, body: [UInt8], credentials: SigningCredentials, time: Timestamp
  ) -> [(name: String, value: String)] {
    let date = time.iso8601Basic
    let scope = SigningScope(date: String(date.prefix(8)), region: region, service: service)
    var headers = [(name: "host", value: host), (name: "x-amz-date", value: date)]
    if let token = credentials.sessionToken {
      headers.append((name: "x-amz-security-token", value: token.exposed))
    }
    let canonicalRequest = CanonicalRequest(
      method: method, path: path, headers: headers,
      payloadHash: body.isEmpty ? Self.emptyPayloadHash : Hex.encode(SHA256.digest(body)))
    let stringToSign = StringToSign(date: date, scope: scope, canonicalRequest: canonicalRequest)
    let signature = keys.key(for: credentials, scope: scope).signature(of: stringToSign)
    let authorization = Authorization(
      accessKeyID: credentials.accessKeyID, scope: scope, signedHeaders: canonicalRequest.signedHeaders,
      signature: signature)
    headers.append((name: "authorization", value: authorization.headerValue))
    // Whoever sends the request writes its Host himself.
    headers.removeFirst()
    return headers
  }
}
