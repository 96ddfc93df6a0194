import ArgumentParser
import AuditLog
import Clocks
import GatewayCore
import GatewayServer

/// `token list`: what tokens there are; never the tokens themselves, which nobody has any more.
struct TokenListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the tokens.",
    discussion: """
      When a token was last used is what the audit log says, refused calls included: of one file, and of that the last \
      \(LastUses.reach >> 20) MiB. '-' is a token that isn't seen there; 'unknown' stands where the log can't be read.
      """)

  @OptionGroup var tokensFile: TokensFileOption

  @Option(help: .setting(.auditLog, "The audit log, which says when tokens were last used.", valueName: "file"))
  var auditLog: String?

  @Flag(help: "Print a JSON list.")
  var json = false

  func run() throws {
    let tokens: [TokenEntry]
    do throws(TokensFileError) {
      tokens = try tokensFile.file.read().tokens
    } catch {
      throw Failure.unusable("--tokens: \(error)")
    }
    let now = WallClock.system.now()
    let uses = lastUses(of: tokens)
    try StandardOutput.print(
      json ? Self.list(tokens, uses, now) : TokenTableText.text(tokens, lastUses: uses, now: now))
    let successions = TokenSuccessions(tokens)
    for token in tokens where token.endsSoon(at: now) && !successions.hasSuccessor(token, at: now) {
      Failure.say(
        "warning: token \(token.id) '\(token.name)' ends in \(token.timeLeft(at: now).map(DurationText.words) ?? ""); "
          + "'token rotate \(token.id)' makes the one after it")
    }
  }

  /// `nil` if the log can't be read, which is said if someone named it: by default it need not be there.
  private func lastUses(of tokens: [TokenEntry]) -> [String: Timestamp]? {
    let environment = ProcessEnvironment.variables
    let path = Setting.auditLog.value(auditLog, environment) ?? ""
    do {
      return try LastUses.read(path, of: Set(tokens.map(\.id)))
    } catch {
      let isNamed = auditLog != nil || environment[Setting.auditLog.variable]?.isEmpty == false
      if isNamed { Failure.say("--audit-log: \(path) can't be read, so last uses aren't known: \(error.reason)") }
      return nil
    }
  }

  private static func list(_ tokens: [TokenEntry], _ uses: [String: Timestamp]?, _ now: Timestamp) -> String {
    let list = tokens.map { token in
      JSON.object(
        [
          ("id", .string(token.id)),
          ("name", .string(token.name)),
          ("scopes", .array(token.scopes.map { .string($0.rawValue) })),
          ("createdAt", .string(token.createdAt.iso8601)),
          ("expiresAt", token.expiresAt.map { .string($0.iso8601) } ?? .null),
          ("expired", .bool(token.isExpired(at: now))),
          ("lastUsedAt", uses?[token.id].map { .string($0.iso8601) } ?? .null),
        ] + token.restrictions.members)
    }
    return String(decoding: JSON.array(list).bytes, as: UTF8.self)
  }
}
