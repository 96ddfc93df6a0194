import ArgumentParser

/// `audit`: reads and checks the audit log, and makes keys to sign it with.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read the audit log, check it, and sign it.",
    subcommands: [AuditShowCommand.self, AuditVerifyCommand.self, AuditKeygenCommand.self])
}
