package import Clocks
package import GatewayCore
package import Logging
import Synchronization

/// Logs which tokens end soon, and which have ended.
package final class TokenExpiryLog: Sendable {
  private let table: TokenTable
  private let logger: Logger
  private let watch = Mutex(TokenExpiryWatch())

  package init(table: TokenTable, logger: Logger) {
    self.table = table
    self.logger = logger
  }

  /// Logs what is to be told now.
  package func look(now: Timestamp) {
    for notice in watch.withLock({ $0.look(at: table.tokens, now: now) }) {
      switch notice {
      case .endsSoon(let token):
        var metadata = Self.metadata(token)
        metadata["left"] = token.timeLeft(at: now).map { "\(DurationText.words($0))" }
        logger.warning("a token ends soon; 'token rotate' makes the one after it", metadata: metadata)
      case .hasEnded(let token):
        logger.warning("a token has ended, and is refused from now on", metadata: Self.metadata(token))
      case .wasReplaced(let token):
        logger.notice("a token has ended, and the one after it is in force", metadata: Self.metadata(token))
      }
    }
  }

  private static func metadata(_ token: TokenEntry) -> Logger.Metadata {
    ["token": "\(token.id)", "name": "\(token.name)", "expiresAt": "\(token.expiresAt?.iso8601 ?? "never")"]
  }
}
