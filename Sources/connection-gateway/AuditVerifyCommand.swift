import ArgumentParser
import AuditLog
import Digest
import GatewayCore

/// `audit verify`: checks the chain and its signatures.
struct AuditVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that no record was changed, removed, added or moved.",
    discussion: """
      Give the files oldest first. Exit codes: 0 whole, 1 broken (file, line and what) or, with --public-key, without any
      checkpoint; 2 a file can't be read, or what was found can't be printed.

      A last line without its end is torn, as after a power cut or while the gateway writes: the records before it are
      checked, and the log counts as whole.

      Without --public-key nothing tells a log from one that someone rewrote as a whole. With it, every record up to the
      last checkpoint is what the holder of the private key wrote; those after it may be anyone's. That records were cut
      off at the end, up to a checkpoint or beyond, no check of the files can show: compare the head, or the count, with a
      copy from elsewhere (the gateway logs "audit head", and has it in /metrics).
      """)

  @Option(
    name: .customLong("public-key"),
    help: ArgumentHelp(
      "A public key (Ed25519, PEM) to check the checkpoints with; repeatable, for a log that several keys signed.",
      valueName: "file"))
  var publicKeys: [String] = []

  @Argument(help: "The log's files, oldest first.")
  var files: [String]

  func run() throws {
    let report: ChainReport
    do throws(AuditVerification.Unreadable) {
      let keys = try publicKeys.map(AuditVerification.publicKey)
      report = try AuditVerification.verify(files, publicKeys: keys)
    } catch {
      Failure.say("connection-gateway: \(error.file) can't be read: \(error.reason)")
      throw ExitCode(2)
    }
    let text = VerificationText(report, areSignaturesChecked: !publicKeys.isEmpty)
    try StandardOutput.print(text.lines.joined(separator: "\n"), orExitWith: text.isGood ? 2 : 1)
    if !text.isGood { throw ExitCode(1) }
  }
}
