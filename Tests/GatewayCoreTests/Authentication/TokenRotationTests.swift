import Clocks
import GatewayCore
import Testing

@Suite("TokenRotation")
struct TokenRotationTests {
  private static let week = Duration.days(7)
  private static let secret = GatewayToken(random: { [UInt8](repeating: 99, count: $0) })

  private static func token(_ number: UInt8, name: String = "runbook-eu", endsIn duration: Duration? = nil)
    -> TokenEntry
  {
    Sample.entry(
      GatewayToken(random: { [UInt8](repeating: number, count: $0) }), name: name, scopes: [.read, .reject],
      expiresAt: duration.map { Sample.time.advanced(by: $0) }, restrictions: TokenRestrictions(rate: .off))
  }

  private static func rotation(
    of token: String, in tokens: [TokenEntry], overlap: Duration = week
  ) throws(TokenRotation.Refusal) -> TokenRotation {
    try TokenRotation(
      of: token, in: TokensDocument(tokens: tokens), by: secret.hash, now: Sample.time, overlap: overlap,
      expiresAt: Sample.time.advanced(by: .days(90)))
  }

  @Test("The new token has the old one's name, scopes and restrictions, and a secret and an end of its own")
  func heir() throws {
    let old = Self.token(1, endsIn: Duration.days(210))
    let rotation = try Self.rotation(of: "runbook-eu", in: [Self.token(2, name: "other"), old])
    #expect(rotation.new.hash == Self.secret.hash && rotation.new.name == old.name)
    #expect(rotation.new.scopes == old.scopes && rotation.new.restrictions == old.restrictions)
    #expect(rotation.new.createdAt == Sample.time)
    #expect(rotation.new.expiresAt == Sample.time.advanced(by: .days(90)))
    #expect(rotation.old.hash == old.hash && rotation.old.createdAt == old.createdAt)
    #expect(rotation.old.scopes == old.scopes && rotation.old.restrictions == old.restrictions)
  }

  @Test(
    "The old token ends when the overlap is over, or at its own end if that comes first",
    arguments: [
      (nil, week, week), (Duration.days(210), week, week), (Duration.days(14), week, week),
      (.seconds(60), week, .seconds(60)),
      (.seconds(-60), week, .seconds(-60)), (nil, .zero, .zero), (week, .zero, .zero),
    ] as [(Duration?, Duration, Duration)])
  func end(own: Duration?, overlap: Duration, expected: Duration) throws {
    let rotation = try Self.rotation(of: "runbook-eu", in: [Self.token(1, endsIn: own)], overlap: overlap)
    #expect(rotation.old.expiresAt == Sample.time.advanced(by: expected))
    #expect(rotation.old.isExpired(at: Sample.time) == (expected <= .zero))
  }

  @Test("In the file the old one stays in its place, the new one comes last, and the others are as they were")
  func applied() throws {
    let tokens = [Self.token(1, name: "a"), Self.token(2, name: "b"), Self.token(3, name: "c")]
    var document = TokensDocument(tokens: tokens)
    let rotation = try Self.rotation(of: tokens[1].id, in: tokens)
    rotation.apply(to: &document)
    #expect(document.tokens == [tokens[0], rotation.old, tokens[2], rotation.new])
    #expect(try TokensDocument(bytes: document.bytes) == document)
  }

  @Test("Of several of a name, the one in force is meant; of several in force, it would be a guess")
  func names() throws {
    let (expired, old, new) = (Self.token(1, endsIn: .seconds(-1)), Self.token(2, endsIn: Self.week), Self.token(3))
    #expect(try Self.rotation(of: "runbook-eu", in: [expired, old]).old.hash == old.hash)
    #expect(throws: TokenRotation.Refusal.severalTokens([old, new])) {
      try Self.rotation(of: "runbook-eu", in: [expired, old, new])
    }
    for token in [expired, old, new] {
      #expect(try Self.rotation(of: token.id, in: [expired, old, new]).old.hash == token.hash)
    }
  }

  @Test("A token that has expired can be replaced, and stays expired")
  func expired() throws {
    let tokens = [Self.token(1, endsIn: .seconds(-2)), Self.token(2, endsIn: .seconds(-1))]
    let rotation = try Self.rotation(of: "runbook-eu", in: [tokens[0]])
    #expect(rotation.old == tokens[0])
    #expect(!rotation.new.isExpired(at: Sample.time))
    #expect(throws: TokenRotation.Refusal.severalTokens(tokens)) { try Self.rotation(of: "runbook-eu", in: tokens) }
  }

  @Test("An id is an id, even where another token has it for its name")
  func idAsName() throws {
    let token = Self.token(1)
    let impostor = Self.token(2, name: token.id)
    #expect(try Self.rotation(of: token.id, in: [impostor, token]).old.hash == token.hash)
  }

  @Test("What is neither an id nor a name is nothing's", arguments: ["", "runbook", "runbook-eu ", "RUNBOOK-EU"])
  func unknown(_ token: String) {
    #expect(throws: TokenRotation.Refusal.noSuchToken) { try Self.rotation(of: token, in: [Self.token(1)]) }
  }
}
