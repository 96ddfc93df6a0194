import ArgumentParser

/// `audit`: checks the audit log, and makes keys to sign it with.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Check the audit log, and sign it.",
    subcommands: [AuditVerifyCommand.self, AuditKeygenCommand.self])
}
