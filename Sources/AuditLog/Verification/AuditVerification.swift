package import Digest

/// `audit verify`: checks the chain across files, in the order they are given.
package enum AuditVerification {
  /// A file that can't be read.
  package struct Unreadable: Error, Sendable, Equatable {
    package let file: String
    package let reason: String
  }

  /// Reads every file up to the first break.
  ///
  /// A last line without LF is torn, as a power cut or a write under way leaves it. It was never vouched for, so the log
  /// is whole without it; in a file that isn't the last one it is a break.
  ///
  /// - Parameter publicKeys: of the checkpoints' signatures; none to leave them unchecked.
  package static func verify(
    _ files: [String], publicKeys: [Ed25519PublicKey] = []
  ) throws(Unreadable) -> ChainReport {
    var verifier = LogVerifier(files, publicKeys: publicKeys)
    for (index, file) in files.enumerated() where verifier.firstBreak == nil {
      verifier.begin(index)
      do throws(FileError) {
        guard verifier.firstBreak == nil else { break }
        var reader = try LineReader(path: file)
        while verifier.firstBreak == nil, let line = try reader.next() { verifier.take(line) }
      } catch {
        throw Unreadable(file: file, reason: error.reason)
      }
    }
    return verifier.report
  }

  /// Reads a public key in PEM.
  package static func publicKey(_ file: String) throws(Unreadable) -> Ed25519PublicKey {
    do throws(FileError) {
      // A key in PEM is a few lines; a file whose first 100 don't end it is none.
      var reader = try LineReader(path: file)
      var text: [UInt8] = []
      for _ in 0..<100 {
        guard let line = try reader.next() else { break }
        text += line
      }
      do throws(KeyError) {
        return try Ed25519PublicKey(pem: text)
      } catch {
        throw FileError(operation: "read", code: 0, reason: error.reason)
      }
    } catch {
      throw Unreadable(file: file, reason: error.reason)
    }
  }
}
