import Clocks
import Digest
import FoundationEssentials
import GatewayCore
import Glibc
import TestSupport
import Testing

@testable import AuditLog

@Suite("SigningKeyFile")
struct SigningKeyFileTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("audit.key")
  }

  private func reason(_ body: (SigningKeyFile) throws -> Void) -> String? {
    #expect(throws: SigningKeyFile.Unusable.self) { try body(SigningKeyFile(path: path)) }?.reason
  }

  @Test("A new key is in a file that only its owner can read, and signs what its public key takes")
  func create() throws {
    let made = try SigningKeyFile(path: path).create()
    #expect(folder.mode(of: "audit.key") == 0o600)
    let publicKey = try Ed25519PublicKey(pem: made.publicKey)
    #expect(made.keyID == Hex.encode(Array(SHA256.digest(publicKey.bytes).prefix(8))))
    let signer = try SigningKeyFile(path: path).read()
    #expect(signer.keyID == made.keyID)
    let head = ChainHead(sequence: 41, hash: Samples.hash)
    let checkpoint = try #require(try signer.checkpoint(after: head, time: Samples.time).checkpoint)
    let text = "connection-gateway audit checkpoint 1\n2026-11-22T16:00:00.123456Z\n42\n\(Samples.hash)\n"
    let signature = Array(try #require(Data(base64Encoded: checkpoint.signature)))
    #expect(publicKey.isValid(signature, for: Array(text.utf8)))
    #expect(checkpoint.keyID == made.keyID)
  }

  @Test("A file that is there is never written to, be it empty, a key, or a link to nothing")
  func neverOverwrites() throws {
    try folder.write([], to: "audit.key")
    #expect(reason { _ = try $0.create() }?.contains("is there already") == true)
    #expect(try folder.read("audit.key") == [])
    unlink(path)
    _ = try SigningKeyFile(path: path).create()
    let key = try folder.read("audit.key")
    #expect(reason { _ = try $0.create() }?.contains("is there already") == true)
    #expect(try folder.read("audit.key") == key)
    unlink(path)
    #expect(symlink(folder.file("elsewhere"), path) == 0)
    #expect(reason { _ = try $0.create() }?.contains("is there already") == true)
    #expect(access(folder.file("elsewhere"), F_OK) != 0)
  }

  @Test(
    "Modes in which others could write it, or strangers read it, are refused",
    arguments: [0o644, 0o660, 0o620, 0o602, 0o604, 0o700, 0o666])
  func looseMode(mode: mode_t) throws {
    _ = try SigningKeyFile(path: path).create()
    #expect(chmod(path, mode) == 0)
    #expect(reason { _ = try $0.read() }?.contains("has the mode 0\(String(mode, radix: 8))") == true)
  }

  @Test("Modes that keep it to its owner and group are fine", arguments: [0o600, 0o640, 0o400, 0o440])
  func tightMode(mode: mode_t) throws {
    let made = try SigningKeyFile(path: path).create()
    #expect(chmod(path, mode) == 0)
    #expect(try SigningKeyFile(path: path).read().keyID == made.keyID)
  }

  @Test("What is no key file is told in words that quote nothing of it")
  func noKeyFile() throws {
    #expect(reason { _ = try $0.read() } == "can't be read: No such file or directory")
    #expect(mkdir(path, 0o700) == 0)
    #expect(reason { _ = try $0.read() } == "isn't a regular file")
    rmdir(path)
    #expect(mkfifo(path, 0o600) == 0)
    #expect(reason { _ = try $0.read() } == "isn't a regular file")
    unlink(path)
    try folder.write(Array("secret words".utf8), to: "audit.key")
    #expect(chmod(path, 0o600) == 0)
    #expect(reason { _ = try $0.read() } == "can't be used: it holds no private key in PEM")
    unlink(path)
    try folder.write([UInt8](repeating: 0x20, count: 70_000), to: "audit.key")
    #expect(chmod(path, 0o600) == 0)
    #expect(reason { _ = try $0.read() } == "is too large for a key")
  }

  @Test("A folder that isn't there can't have the file, and none is left behind")
  func noFolder() {
    let file = SigningKeyFile(path: folder.file("none/audit.key"))
    let error = #expect(throws: SigningKeyFile.Unusable.self) { try file.create() }
    #expect(error?.reason == "can't be made: No such file or directory")
  }
}
