import Digest
import FoundationEssentials
import GatewayCore

/// Checks the checkpoints' signatures with the public keys that are given, and notes how far they go.
struct CheckpointCheck {
  private let keys: [String: Ed25519PublicKey]
  private(set) var count = 0
  private(set) var vouched: ChainReport.Vouched?

  /// - Parameter publicKeys: none to leave the signatures unchecked.
  init(_ publicKeys: [Ed25519PublicKey]) {
    keys = Dictionary(publicKeys.map { (Checkpoint.keyID(of: $0.bytes), $0) }) { first, _ in first }
  }

  /// Takes a `checkpoint` record whose place in the chain is right.
  mutating func take(_ record: AuditLine) throws(ChainVerifier.Break) {
    count += 1
    guard !keys.isEmpty else { return }
    guard let key = keys[record.keyID] else {
      throw ChainVerifier.Break(what: "it is signed with the key \(record.keyID), and that is none of those given")
    }
    let text = Checkpoint.signedText(time: record.time, sequence: record.sequence, previous: record.previous)
    guard let signature = Data(base64Encoded: record.signature), key.isValid(Array(signature), for: Array(text.utf8))
    else {
      throw ChainVerifier.Break(
        what: "its signature is wrong: this isn't the chain that the holder of the key \(record.keyID) signed")
    }
    vouched = ChainReport.Vouched(sequence: record.sequence, time: record.time, keyID: record.keyID)
  }
}
