import Clocks
import GatewayCore
import Testing

@Suite("TokenEntry")
struct TokenEntryTests {
  @Test("A token runs out at the very second its entry names, and not before")
  func expiry() {
    let entry = Sample.entry(expiresAt: Sample.time)
    #expect(!entry.isExpired(at: Timestamp(microseconds: Sample.time.microseconds - 1)))
    #expect(entry.isExpired(at: Sample.time))
    #expect(entry.isExpired(at: Timestamp(microseconds: Sample.time.microseconds + 1)))
  }

  @Test("A token without an end never runs out")
  func noExpiry() {
    #expect(!Sample.entry(expiresAt: nil).isExpired(at: Timestamp(microseconds: .max)))
  }

  @Test("An entry's id is its hash's")
  func id() {
    #expect(Sample.entry().id == Sample.token.hash.tokenID)
    #expect(Sample.entry(Sample.otherToken).id != Sample.token.hash.tokenID)
  }

  @Test(
    "A name is 1 to 64 letters, digits and ._@:+-",
    arguments: [
      ("a", true), ("runbook-eu", true), ("Team.A_b@c:d+e-1", true), (String(repeating: "n", count: 64), true),
      ("", false),
      (String(repeating: "n", count: 65), false), ("a b", false), ("a\n", false), ("é", false), ("a/b", false),
      ("a,b", false),
      ("a\"b", false), ("a\u{0}", false),
    ])
  func names(name: String, isName: Bool) {
    #expect(TokenEntry.isName(name) == isName)
  }

  @Test("A token isn't a name: names are written to the audit")
  func tokenAsName() {
    #expect(!TokenEntry.isName(Sample.token.exposed))
  }
}
