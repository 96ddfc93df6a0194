/// The `Authorization` header of a signed request, written and read.
package struct Authorization: Sendable, Equatable {
  package let accessKeyID: String
  package let scope: SigningScope
  /// `host;x-amz-date`.
  package let signedHeaders: String
  /// 64 hex digits.
  package let signature: String

  package init(accessKeyID: String, scope: SigningScope, signedHeaders: String, signature: String) {
    self.accessKeyID = accessKeyID
    self.scope = scope
    self.signedHeaders = signedHeaders
    self.signature = signature
  }

  /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; `nil` if it is anything else.
  package init?(headerValue: String) {
    let prefix = StringToSign.algorithm + " "
    guard headerValue.hasPrefix(prefix) else { return nil }
    var fields: [String: String] = [:]
    for part in headerValue.dropFirst(prefix.count).split(separator: ",") {
      let halves = part.drop(while: { $0 == " " }).split(separator: "=", maxSplits: 1)
      guard halves.count == 2, fields.updateValue(String(halves[1]), forKey: String(halves[0])) == nil else {
        return nil
      }
    }
    guard let credential = fields["Credential"]?.split(separator: "/", omittingEmptySubsequences: false),
      credential.count == 5, credential[4] == "aws4_request",
      let signedHeaders = fields["SignedHeaders"], let signature = fields["Signature"], fields.count == 3
    else { return nil }
    self.init(
      accessKeyID: String(credential[0]),
      scope: SigningScope(
        date: String(credential[1]), region: String(credential[2]), service: String(credential[3])),
      signedHeaders: signedHeaders, signature: signature)
  }

  package var headerValue: String {
    .joined(
      StringToSign.algorithm, " Credential=", accessKeyID, "/", scope.credentialScope,
      ", SignedHeaders=", signedHeaders, ", Signature=", signature)
  }
}
