import Clocks
import GatewayCore
import Logging
import Testing

@testable import GatewayServer

@Suite("TokenExpiryLog")
struct TokenExpiryLogTests {
  @Test("A token that ends soon is warned of with what it takes to see to it, and once more when it has ended")
  func warns() {
    let log = LogRecorder()
    let hash = Samples.token("a").entry.hash
    let entry = TokenEntry(
      name: "runbook-eu", hash: hash, scopes: [], createdAt: Samples.time,
      expiresAt: Samples.time.advanced(by: .seconds(3 * 86_400)))
    let expiryLog = TokenExpiryLog(
      table: TokenTable(TokensDocument(tokens: [Samples.token("b").entry, entry])), logger: log.logger)
    expiryLog.look(now: Samples.time)
    expiryLog.look(now: Samples.time.advanced(by: .seconds(1)))
    expiryLog.look(now: Samples.time.advanced(by: .seconds(4 * 86_400)))
    let metadata = ["token": entry.id, "name": "runbook-eu", "expiresAt": "2026-11-25T16:00:00Z"]
    #expect(
      log.lines == [
        .init(
          level: .warning, message: "a token ends soon; 'token rotate' makes the one after it",
          metadata: metadata.merging(["left": "3 days"]) { $1 }),
        .init(level: .warning, message: "a token has ended, and is refused from now on", metadata: metadata),
      ])
  }

  @Test("Of a token that was replaced nobody is warned; its end is a notice")
  func replaced() {
    let log = LogRecorder()
    let old = TokenEntry(
      name: "runbook-eu", hash: Samples.token("a").entry.hash, scopes: [], createdAt: Samples.time,
      expiresAt: Samples.time.advanced(by: .seconds(60)))
    let expiryLog = TokenExpiryLog(
      table: TokenTable(TokensDocument(tokens: [old, Samples.token("runbook-eu").entry])), logger: log.logger)
    expiryLog.look(now: Samples.time)
    #expect(log.lines == [])
    expiryLog.look(now: Samples.time.advanced(by: .seconds(60)))
    #expect(log.lines.map(\.level) == [.notice] && log.lines.map(\.metadata["token"]) == [old.id])
  }
}
