import Digest

/// The key derived from the secret for one day, region and service (IAM User Guide, step 4).
package struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  private let bytes: [UInt8]

  package var description: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// `HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request")`.
  package init(secretAccessKey: Secret, scope: SigningScope) {
    var secret = Array("AWS4\(secretAccessKey.exposed)".utf8)
    defer { SecretMemory.cleanse(&secret) }
    bytes = [scope.date, scope.region, scope.service, "aws4_request"]
      .reduce(secret) { key, part in HMACSHA256.code(key: key, message: part.utf8) }
  }

  /// The signature: 64 lower-case hex digits.
  package func signature(of stringToSign: StringToSign) -> String {
    Hex.encode(HMACSHA256.code(key: bytes, message: stringToSign.text.utf8))
  }
}
