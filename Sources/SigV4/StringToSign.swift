import Digest

/// What the signing key signs (IAM User Guide, "Create a signed AWS API request", step 3).
package struct StringToSign: Sendable, Equatable {
  package static let algorithm = "AWS4-HMAC-SHA256"

  package let text: String

  /// - Parameter date: the request's `x-amz-date`, `20261122T160000Z`.
  package init(date: String, scope: SigningScope, canonicalRequest: CanonicalRequest) {
    text = .joined(
      Self.algorithm, "\n", date, "\n", scope.credentialScope, "\n", SHA256.hex(canonicalRequest.text))
  }
}
