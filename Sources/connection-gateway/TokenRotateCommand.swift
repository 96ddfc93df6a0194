import ArgumentParser
import Clocks
import Digest
import GatewayCore
import GatewayServer

/// `token rotate`: prints a new token that takes an old one's place.
struct TokenRotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate", abstract: "Make a token that takes another one's place, and print it, once.",
    discussion: """
      The new token has the old one's name, scopes and restrictions. The old one stays in force for --overlap, or to its own \
      end if that comes first: time to put the new one wherever the old one is used. A running gateway knows of both within \
      2 seconds.
      """)

  @Argument(
    help: ArgumentHelp(
      "The token's id or name; not the token. A name that several tokens in force have won't do.",
      valueName: "id-or-name"))
  var token: String

  @Option(help: ArgumentHelp("How long the old token stays in force; 0s ends it now.", valueName: "duration"))
  var overlap = "7d"

  @OptionGroup var expiry: TokenExpiryOption
  @OptionGroup var tokensFile: TokensFileOption

  func validate() throws {
    guard overlapTime.map({ $0 <= TokenExpiryOption.longest }) == true else {
      throw ValidationError("--overlap has to be a duration such as 7d, 12h or 0s.")
    }
  }

  func run() throws {
    let now = WallClock.system.now()
    let secret = GatewayToken(random: SecureRandom.bytes)
    let rotation: Result<TokenRotation, TokenRotation.Refusal>
    do throws(TokensFileError) {
      rotation = try tokensFile.file.update(creating: false) { document in
        let rotation = Result { () throws(TokenRotation.Refusal) in
          try TokenRotation(
            of: token, in: document, by: secret.hash, now: now, overlap: overlapTime ?? .zero,
            expiresAt: expiry.lifetime.map(now.advanced))
        }
        if case .success(let rotation) = rotation { rotation.apply(to: &document) }
        return rotation
      }
    } catch {
      throw Failure.unusable("--tokens: \(error)")
    }
    switch rotation {
    case .success(let rotation):
      Self.say(rotation, now)
      try TokenOutput.show(secret)
    // What was given isn't shown: it might be the token itself.
    case .failure(.noSuchToken): throw Failure.usage("no token has this id or name; 'token list' shows them")
    case .failure(.severalTokens(let tokens)):
      let ids = tokens.map { "\($0.id) (made \($0.createdAt.iso8601), expires \($0.expiresAt?.iso8601 ?? "never"))" }
      throw Failure.usage("\(tokens.count) tokens have this name; give an id: \(ids.joined(separator: ", "))")
    }
  }

  private static func say(_ rotation: TokenRotation, _ now: Timestamp) {
    let (old, new) = (rotation.old, rotation.new)
    let end = old.expiresAt?.iso8601 ?? "never"
    Failure.say("token \(old.id) '\(old.name)' \(old.isExpired(at: now) ? "has expired" : "expires"): \(end)")
    Failure.say(
      "token \(new.id) takes its place, expires \(new.expiresAt?.iso8601 ?? "never"). It is shown this once:")
  }

  private var overlapTime: Duration? {
    DurationText.duration(overlap)
  }
}
