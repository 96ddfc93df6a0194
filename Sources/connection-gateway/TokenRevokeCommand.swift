import ArgumentParser
import GatewayCore
import GatewayServer

/// `token revoke`: takes a token out of the file.
struct TokenRevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "End a token at once.",
    discussion: "A running gateway refuses it within 2 seconds. 'token list' shows the ids.")

  @Argument(help: "The token's id, 12 hex digits; not the token.")
  var id: String

  @OptionGroup var tokensFile: TokensFileOption

  func run() throws {
    let wasThere: Bool
    do throws(TokensFileError) {
      wasThere = try tokensFile.file.update(creating: false) { document in
        let before = document.tokens.count
        document.tokens.removeAll { $0.id == id }
        return document.tokens.count < before
      }
    } catch {
      throw Failure.unusable("--tokens: \(error)")
    }
    // What was given isn't shown: it might be the token itself.
    guard wasThere else { throw Failure.usage("no token has this id; 'token list' shows them") }
    Failure.say("token \(id) is revoked")
  }
}
