import ArgumentParser

/// `audit`: reads the audit log.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Check the audit log.", subcommands: [AuditVerifyCommand.self])
}
