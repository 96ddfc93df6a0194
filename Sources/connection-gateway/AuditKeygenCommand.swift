import ArgumentParser
import AuditLog

/// `audit keygen`: makes a key that signs the audit log.
struct AuditKeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen", abstract: "Make an Ed25519 key to sign the audit log with.",
    discussion: """
      Writes the private key, for 'serve --audit-signing-key', to a new file that only its owner can read, and prints the
      public key, for 'audit verify --public-key', on standard output. Keep the public key on another machine than the
      log: whoever can change both can sign with a key of his own. 'openssl pkey -in FILE -pubout' prints it again.
      Exit codes: 0 made, 74 made, but the public key can't be printed, 78 the file is there already or can't be made.
      """)

  @Option(help: "Where the private key goes. A file that is there already is never written to.")
  var out: String

  func run() throws {
    let made: (publicKey: [UInt8], keyID: String)
    do {
      made = try SigningKeyFile(path: out).create()
    } catch {
      throw Failure.unusable("--out: \(error)")
    }
    Failure.say("audit signing key \(made.keyID) is in \(out). Its public key:")
    let publicKey = String(decoding: made.publicKey.dropLast(), as: UTF8.self)
    try StandardOutput.print(publicKey, lost: "'openssl pkey -in \(out) -pubout' prints the public key again")
  }
}
