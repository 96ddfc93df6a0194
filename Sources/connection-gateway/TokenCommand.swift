import ArgumentParser

/// `token`: makes, lists, rotates and revokes gateway tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list, rotate and revoke gateway tokens.",
    subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRotateCommand.self, TokenRevokeCommand.self])
}
