import ArgumentParser
import GatewayCore
import GatewayServer
import IPAddresses

/// The option that all of `token`'s commands share.
struct TokensFileOption: ParsableArguments {
  @Option(help: .setting(.tokens, "The tokens file.", valueName: "file"))
  var tokens: String?

  /// The file that the flag, the variable or the default names.
  var file: TokensFile {
    TokensFile(path: Setting.tokens.value(tokens, ProcessEnvironment.variables) ?? "")
  }
}

/// When a new token ends.
struct TokenExpiryOption: ParsableArguments {
  /// A hundred years: what's more is a typing error.
  static let longest = Duration.seconds(100 * 365 * 86_400)

  @Option(
    help: ArgumentHelp("When it ends: a duration such as 90d, 36500d at the most, or never.", valueName: "duration"))
  var expires = "90d"

  func validate() throws {
    guard expires == "never" || lifetime.map({ $0 > .zero && $0 <= Self.longest }) == true else {
      throw ValidationError("--expires has to be a duration such as 90d or 12h, of 36500d at the most, or never.")
    }
  }

  /// `nil` for ever.
  var lifetime: Duration? {
    DurationText.duration(expires)
  }
}

/// What a new token is kept from.
struct TokenRestrictionOptions: ParsableArguments {
  @Option(
    name: .customLong("connection"),
    help: ArgumentHelp(
      "A connection that it is for, by its id or the beginning of its id and a *; repeatable. Without, it is for all.",
      valueName: "pattern"))
  var connections: [String] = []

  @Option(
    help: ArgumentHelp(
      "Where it may be used from, an address or a range such as 10.0.0.0/8; repeatable. Without, anywhere.",
      valueName: "cidr"))
  var from: [String] = []

  @Option(
    help: ArgumentHelp(
      "How often it may be used: calls a second and how many at once, such as 10/20, or off. Without, as often as others.",
      valueName: "rate"))
  var rate: String?

  func validate() throws {
    for text in connections where ConnectionPattern(text) == nil {
      throw ValidationError("--connection '\(Redaction.redact(text))' has to be \(ConnectionPattern.rule).")
    }
    for text in from where AddressRange(text) == nil {
      throw ValidationError(
        "--from '\(Redaction.redact(text))' has to be an address or a range such as 10.0.0.0/8, with no bits set behind the prefix."
      )
    }
    if let rate, TokenRate(rate) == nil {
      throw ValidationError("--rate has to be calls a second and how many at once, such as 10/20, or off.")
    }
  }

  var restrictions: TokenRestrictions {
    let patterns = connections.compactMap { ConnectionPattern($0) }
    let ranges = from.compactMap { AddressRange($0) }
    return TokenRestrictions(
      connections: patterns.isEmpty ? nil : patterns, from: ranges.isEmpty ? nil : ranges,
      rate: rate.flatMap { TokenRate($0) } ?? .standard)
  }
}
