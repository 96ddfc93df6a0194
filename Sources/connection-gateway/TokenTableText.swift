import Clocks
import GatewayCore
import IPAddresses

/// The tokens as a table for people.
enum TokenTableText {
  /// - Parameter lastUses: `nil` if they aren't known.
  static func text(_ tokens: [TokenEntry], lastUses: [String: Timestamp]?, now: Timestamp) -> String {
    let rows =
      [["ID", "NAME", "CREATED", "EXPIRES", "LAST USED", "SCOPES", "RESTRICTIONS"]]
      + tokens.map { token in
        [
          token.id, token.name, token.createdAt.iso8601, expiry(token, now),
          lastUses.map { $0[token.id]?.iso8601 ?? "-" } ?? "unknown",
          token.scopes.map(\.rawValue).joined(separator: " "), restrictions(token.restrictions),
        ]
      }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let padded = zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }
      return padded.joined() + (row.last ?? "")
    }
    return lines.joined(separator: "\n")
  }

  private static func expiry(_ token: TokenEntry, _ now: Timestamp) -> String {
    guard let expiresAt = token.expiresAt?.iso8601 else { return "never" }
    guard !token.isExpired(at: now) else { return "\(expiresAt) (expired)" }
    guard token.endsSoon(at: now), let left = token.timeLeft(at: now) else { return expiresAt }
    return "\(expiresAt) (in \(DurationText.words(left)))"
  }

  private static func restrictions(_ restrictions: TokenRestrictions) -> String {
    let parts = [
      restrictions.connections.map { "connections=" + $0.map(\.description).joined(separator: ",") },
      restrictions.from.map { "from=" + $0.map(\.description).joined(separator: ",") },
      restrictions.rate == .standard ? nil : "rate=\(restrictions.rate)",
    ].compactMap { $0 }
    return parts.isEmpty ? "-" : parts.joined(separator: " ")
  }
}
