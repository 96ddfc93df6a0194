import ArgumentParser
import GatewayServer

/// `token`: makes, lists and revokes gateway tokens.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list and revoke gateway tokens.",
    subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

/// The option that all of them share.
struct TokensFileOption: ParsableArguments {
  @Option(help: .setting(.tokens, "The tokens file.", valueName: "file"))
  var tokens: String?

  /// The file that the flag, the variable or the default names.
  var file: TokensFile {
    TokensFile(path: Setting.tokens.value(tokens, ProcessEnvironment.variables) ?? "")
  }
}
