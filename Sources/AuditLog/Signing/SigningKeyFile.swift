import Digest
import Glibc

/// The file that the audit's signing key is in.
package struct SigningKeyFile {
  /// The file can't be used. It says nothing of what is in it.
  package struct Unusable: Error, Sendable, Equatable, CustomStringConvertible {
    package let path: String
    package let reason: String

    package var description: String {
      "\(path) \(reason)"
    }
  }

  /// Far more than a key and what someone may have written above it.
  private static let sizeLimit = 1 << 16

  package let path: String

  package init(path: String) {
    self.path = path
  }

  /// Reads the key.
  ///
  /// - Throws: `Unusable`: missing, unreadable, not a file, open to others, not an Ed25519 key, encrypted.
  package func read() throws(Unusable) -> CheckpointSigner {
    // Not to wait for a writer, should it be a FIFO; a regular file doesn't care.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unusable("can't be read: \(systemReason())") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unusable("can't be read: \(systemReason())") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw unusable("isn't a regular file") }
    guard status.st_mode & 0o137 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw unusable(
        "has the mode 0\(mode), but only its owner may write it and only its group may read it; chmod 0600 it")
    }
    var bytes = try content(of: descriptor)
    defer { SecretMemory.cleanse(&bytes) }
    do {
      return try CheckpointSigner(Ed25519PrivateKey(pem: bytes))
    } catch {
      throw unusable("can't be used: \(error.reason)")
    }
  }

  /// Makes a new key and its file, with the mode 0600, and puts both on disk.
  ///
  /// - Returns: the public key in PEM, and its name.
  /// - Throws: `Unusable`: there is a file already, or it can't be written; then there is none.
  package func create() throws(Unusable) -> (publicKey: [UInt8], keyID: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw unusable(errno == EEXIST ? "is there already, and stays as it is" : "can't be made: \(systemReason())")
    }
    defer { close(descriptor) }
    do {
      let key = try Ed25519PrivateKey.generate()
      let made = (publicKey: try key.publicKey.pem, keyID: try CheckpointSigner(key).keyID)
      var bytes = try key.exposedPEM()
      defer { SecretMemory.cleanse(&bytes) }
      // Whatever the umask took away.
      guard fchmod(descriptor, 0o600) == 0, write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0
      else { throw unusable("can't be written: \(systemReason())") }
      try PosixFileSystem().syncDirectory(of: path)
      return made
    } catch {
      unlink(path)
      switch error {
      case let error as Unusable: throw error
      case let error as KeyError: throw unusable("can't be made: \(error.reason)")
      case let error as FileError: throw unusable("can't be put on disk: \(error.reason)")
      default: throw unusable("can't be made")
      }
    }
  }

  /// In one piece of memory, which the caller overwrites.
  private func content(of descriptor: Int32) throws(Unusable) -> [UInt8] {
    var code: Int32 = 0
    var bytes = [UInt8](unsafeUninitializedCapacity: Self.sizeLimit + 1) { buffer, filled in
      while filled < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let count = Glibc.read(descriptor, rest.baseAddress, rest.count)
        if count < 0 { code = errno }
        guard count > 0 else { return }
        filled += count
      }
    }
    guard code == 0, bytes.count <= Self.sizeLimit else {
      SecretMemory.cleanse(&bytes)
      throw unusable(code == 0 ? "is too large for a key" : "can't be read: \(String(cString: strerror(code)))")
    }
    return bytes
  }

  private func systemReason() -> String {
    String(cString: strerror(errno))
  }

  private func unusable(_ reason: String) -> Unusable {
    Unusable(path: path, reason: reason)
  }
}
