import SigV4

/// Whether keys can be used at all.
enum KeyCheck {
  /// Keys of visible ASCII characters: a line break would break out of a header.
  ///
  /// - Throws: `SourceFailure.failed`. It doesn't say what the keys are.
  static func credentials(
    accessKeyID: String?, secretAccessKey: Secret?, sessionToken: Secret? = nil
  ) throws(SourceFailure) -> SigningCredentials {
    guard let accessKeyID, !accessKeyID.isEmpty else { throw .failed("the access key id is missing") }
    guard let secretAccessKey, !secretAccessKey.exposed.isEmpty else {
      throw .failed("the secret access key is missing")
    }
    let token = sessionToken.flatMap { $0.exposed.isEmpty ? nil : $0 }
    let values = [accessKeyID, secretAccessKey.exposed] + (token.map { [$0.exposed] } ?? [])
    guard values.allSatisfy({ $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) else {
      throw .failed("the keys have white space, control or non-ASCII characters in them")
    }
    return SigningCredentials(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: token)
  }
}
