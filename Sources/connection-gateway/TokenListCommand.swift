import ArgumentParser
import Clocks
import GatewayCore
import GatewayServer

/// `token list`: what tokens there are; never the tokens themselves, which nobody has any more.
struct TokenListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tokens.")

  @OptionGroup var tokensFile: TokensFileOption

  @Flag(help: "Print a JSON list.")
  var json = false

  func run() throws {
    let document: TokensDocument
    do throws(TokensFileError) {
      document = try tokensFile.file.read()
    } catch {
      throw Failure.unusable("--tokens: \(error)")
    }
    let now = WallClock.system.now()
    print(json ? Self.list(document, now) : Self.table(document, now))
  }

  private static func list(_ document: TokensDocument, _ now: Timestamp) -> String {
    let tokens = document.tokens.map { token in
      JSON.object([
        ("id", .string(token.id)),
        ("name", .string(token.name)),
        ("scopes", .array(token.scopes.map { .string($0.rawValue) })),
        ("createdAt", .string(token.createdAt.iso8601)),
        ("expiresAt", token.expiresAt.map { .string($0.iso8601) } ?? .null),
        ("expired", .bool(token.isExpired(at: now))),
      ])
    }
    return String(decoding: JSON.array(tokens).bytes, as: UTF8.self)
  }

  private static func table(_ document: TokensDocument, _ now: Timestamp) -> String {
    let rows =
      [["ID", "NAME", "CREATED", "EXPIRES", "SCOPES"]]
      + document.tokens.map { token in
        let expiry = token.expiresAt?.iso8601 ?? "never"
        return [
          token.id, token.name, token.createdAt.iso8601, token.isExpired(at: now) ? "\(expiry) (expired)" : expiry,
          token.scopes.map(\.rawValue).joined(separator: " "),
        ]
      }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let padded = zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }
      return padded.joined() + (row.last ?? "")
    }
    return lines.joined(separator: "\n")
  }
}
