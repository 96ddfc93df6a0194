import ArgumentParser

/// `token`: makes, lists, rotates and revokes gateway tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list, rotate and revoke gateway tokens.",
    discussion: """
      Exit codes of all of them: 0 done; 64 wrong usage, or no such token; 74 done, but what there is to print can't be: a \
      token that was made and isn't seen has to be revoked; 78 the file can't be used.
      """,
    subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRotateCommand.self, TokenRevokeCommand.self])
}
