import Clocks
package import Digest
import FoundationEssentials
import GatewayCore

/// Signs the head of the chain.
package struct CheckpointSigner: Sendable {
  /// Names the public key.
  package let keyID: String
  private let sign: @Sendable ([UInt8]) throws(KeyError) -> [UInt8]

  package init(_ key: Ed25519PrivateKey) throws(KeyError) {
    self.init(keyID: Checkpoint.keyID(of: try key.publicKey.bytes)) { message throws(KeyError) in
      try key.signature(for: message)
    }
  }

  /// - Parameter sign: makes the 64 bytes of a signature.
  init(keyID: String, sign: @escaping @Sendable ([UInt8]) throws(KeyError) -> [UInt8]) {
    self.keyID = keyID
    self.sign = sign
  }

  /// The record that vouches for the chain up to `head` and for itself.
  func checkpoint(after head: ChainHead, time: Timestamp) throws(KeyError) -> AuditRecord {
    let text = Checkpoint.signedText(time: time.iso8601Microseconds, sequence: head.sequence + 1, previous: head.hash)
    var record = AuditRecord(stage: .checkpoint)
    record.checkpoint = Checkpoint(keyID: keyID, signature: Data(try sign(Array(text.utf8))).base64EncodedString())
    return record
  }
}
