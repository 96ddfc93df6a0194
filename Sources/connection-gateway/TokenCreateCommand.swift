import ArgumentParser
import Clocks
import Digest
import GatewayCore
import GatewayServer

/// `token create`: prints a new token, once.
struct TokenCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a token and print it, once, on standard output.",
    discussion: "A running gateway takes it within 2 seconds.")

  @Option(help: "Who or what it is for: \(TokenEntry.nameRule). Two tokens may share a name.")
  var name: String

  @Option(
    name: .customLong("scope"),
    help: "What it may do; repeatable: \(Scope.allCases.map(\.rawValue).joined(separator: ", ")).")
  var scopes: [String]

  @OptionGroup var expiry: TokenExpiryOption
  @OptionGroup var restrictionOptions: TokenRestrictionOptions
  @OptionGroup var tokensFile: TokensFileOption

  func validate() throws {
    guard TokenEntry.isName(name) else { throw ValidationError("--name has to be \(TokenEntry.nameRule).") }
    guard !scopes.isEmpty else { throw ValidationError("--scope is needed, once or more.") }
    for scope in scopes where Scope(rawValue: scope) == nil {
      let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--scope '\(scope)' isn't known; there are \(known).")
    }
  }

  func run() throws {
    let now = WallClock.system.now()
    let token = GatewayToken(random: SecureRandom.bytes)
    let given = Set(scopes)
    let entry = TokenEntry(
      name: name, hash: token.hash, scopes: Scope.allCases.filter { given.contains($0.rawValue) }, createdAt: now,
      expiresAt: expiry.lifetime.map(now.advanced), restrictions: restrictionOptions.restrictions)
    do throws(TokensFileError) {
      try tokensFile.file.update(creating: true) { document in document.tokens.append(entry) }
    } catch {
      throw Failure.unusable("--tokens: \(error)")
    }
    Failure.say(
      "token \(entry.id) '\(name)' for \(entry.scopes.map(\.rawValue).joined(separator: ", ")), "
        + "expires \(entry.expiresAt?.iso8601 ?? "never"). It is shown this once:")
    try TokenOutput.show(token)
  }
}
