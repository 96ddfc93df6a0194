import Digest

/// A signature over the chain up to the line before.
package struct Checkpoint: Sendable, Equatable {
  /// Names the public key: the first 16 hex digits of the SHA-256 of its 32 bytes.
  package let keyID: String
  /// Ed25519 (RFC 8032), in base64, over `signedText`.
  package let signature: String

  package init(keyID: String, signature: String) {
    self.keyID = keyID
    self.signature = signature
  }

  /// The name of a public key.
  ///
  /// - Parameter publicKey: its 32 bytes.
  package static func keyID(of publicKey: [UInt8]) -> String {
    Hex.encode(Array(SHA256.digest(publicKey).prefix(8)))
  }

  /// What is signed. It holds what the rest of the line holds, so that neither can be changed without the other.
  package static func signedText(time: String, sequence: Int64, previous: String) -> String {
    "connection-gateway audit checkpoint 1\n\(time)\n\(sequence)\n\(previous)\n"
  }
}
