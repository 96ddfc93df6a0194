import Clocks
import GatewayCore
import Testing

@Suite("Expiry of tokens")
struct TokenExpiriesTests {
  /// A token that ends so long after `Sample.time`.
  private static func token(_ number: UInt8, name: String? = nil, endsIn duration: Duration?) -> TokenEntry {
    Sample.entry(
      GatewayToken(random: { [UInt8](repeating: number, count: $0) }), name: name ?? "token-\(number)",
      expiresAt: duration.map { Sample.time.advanced(by: $0) })
  }

  @Test("Those that ended, those that end within 14 days, and the next end of one in force are told")
  func counts() {
    let tokens = [
      Self.token(1, endsIn: nil), Self.token(2, endsIn: Duration.days(-1)), Self.token(3, endsIn: .zero),
      Self.token(4, endsIn: Duration.days(3)), Self.token(5, endsIn: Duration.days(14)),
      Self.token(6, endsIn: Duration.days(14) + .microseconds(1)),
    ]
    let expiries = TokenExpiries(tokens, at: Sample.time)
    #expect(expiries.expired == 2)
    #expect(expiries.expiring == 2)
    #expect(expiries.next == Sample.time.advanced(by: Duration.days(3)))
    #expect(TokenExpiries([tokens[0], tokens[1]], at: Sample.time).next == nil)
    #expect(TokenExpiries([], at: Sample.time).expiring == 0)
  }

  @Test("The time left is never negative, and a token that never ends has none")
  func timeLeft() {
    #expect(Self.token(1, endsIn: .seconds(5)).timeLeft(at: Sample.time) == .seconds(5))
    #expect(Self.token(1, endsIn: .seconds(-5)).timeLeft(at: Sample.time) == .zero)
    #expect(Self.token(1, endsIn: nil).timeLeft(at: Sample.time) == nil)
  }

  /// What a watch tells when it looks every minute for so many days.
  private static func notices(_ tokens: [TokenEntry], days: Int) -> [(minute: Int, TokenExpiryWatch.Notice)] {
    var watch = TokenExpiryWatch()
    return (0...(days * 1440)).flatMap { minute in
      watch.look(at: tokens, now: Sample.time.advanced(by: .seconds(60 * minute))).map { (minute, $0) }
    }
  }

  @Test("A token that ends soon is told of at once, then once a day, and when it has ended; after that no more")
  func watching() {
    let token = Self.token(1, endsIn: Duration.days(3) + .seconds(60))
    let told = Self.notices([token, Self.token(2, endsIn: nil), Self.token(3, endsIn: Duration.days(100))], days: 6)
    #expect(told.map(\.minute) == [0, 1440, 2880, 4320, 4321])
    #expect(told.dropLast().allSatisfy { $0.1 == .endsSoon(token) })
    #expect(told.last?.1 == .hasEnded(token))
  }

  @Test("One with more time is told of as soon as 14 days are left")
  func later() {
    let told = Self.notices([Self.token(1, endsIn: Duration.days(15))], days: 2)
    #expect(told.map(\.minute) == [1440, 2880])
  }

  @Test("One that had ended before it was first seen is no news, and neither is one that was revoked")
  func noNews() {
    var watch = TokenExpiryWatch()
    let (ended, revoked) = (Self.token(1, endsIn: .seconds(-1)), Self.token(2, endsIn: .seconds(10)))
    #expect(watch.look(at: [ended, revoked], now: Sample.time) == [.endsSoon(revoked)])
    #expect(watch.look(at: [ended], now: Sample.time.advanced(by: .seconds(1))) == [])
    #expect(watch.look(at: [ended], now: Sample.time.advanced(by: .seconds(20))) == [])
  }

  @Test("One whose end is brought forward, as 'token rotate' does it, is told of when it has ended")
  func broughtForward() {
    var watch = TokenExpiryWatch()
    #expect(watch.look(at: [Self.token(1, endsIn: Duration.days(50))], now: Sample.time) == [])
    let ended = Self.token(1, endsIn: .zero)
    #expect(watch.look(at: [ended], now: Sample.time) == [.hasEnded(ended)])
    #expect(watch.look(at: [ended], now: Sample.time) == [])
  }

  @Test(
    "Where a token of the name ends later, or never, nobody is warned; the end is told as what it is",
    arguments: [Duration.days(2), Duration.days(90), nil])
  func successor(endsIn end: Duration?) {
    let old = Self.token(1, name: "runbook", endsIn: Duration.days(1))
    let new = Self.token(2, name: "runbook", endsIn: end)
    let expiries = TokenExpiries([old, new], at: Sample.time)
    // Of the two, only the new one can be one to warn of.
    #expect(expiries.expiring == (end == Duration.days(2) ? 1 : 0))
    #expect(expiries.next == old.expiresAt)
    var watch = TokenExpiryWatch()
    #expect(!watch.look(at: [old, new], now: Sample.time).contains(.endsSoon(old)))
    let notices = watch.look(at: [old, new], now: Sample.time.advanced(by: Duration.days(1)))
    #expect(notices.first == .wasReplaced(old))
  }

  @Test("One of another name, one that ends at the same time or earlier, and one that has ended take nobody's place")
  func noSuccessor() {
    let token = Self.token(1, name: "runbook", endsIn: Duration.days(2))
    for other in [
      Self.token(2, name: "runbook-2", endsIn: nil), Self.token(2, name: "runbook", endsIn: Duration.days(2)),
      Self.token(2, name: "runbook", endsIn: Duration.days(-1)),
    ] {
      #expect(!TokenSuccessions([token, other]).hasSuccessor(token, at: Sample.time))
      var watch = TokenExpiryWatch()
      #expect(watch.look(at: [other, token], now: Sample.time).contains(.endsSoon(token)))
    }
    // Both have ended, the later one too.
    let first = Self.token(3, endsIn: Duration.days(-2))
    let last = Self.token(4, name: first.name, endsIn: Duration.days(-1))
    #expect(!TokenSuccessions([first, last]).hasSuccessor(first, at: Sample.time))
  }

  @Test("A clock that was set back doesn't silence the watch for longer than a day")
  func clockSetBack() {
    var watch = TokenExpiryWatch()
    let token = Self.token(1, endsIn: Duration.days(5))
    #expect(watch.look(at: [token], now: Sample.time.advanced(by: Duration.days(4))) == [.endsSoon(token)])
    #expect(watch.look(at: [token], now: Sample.time) == [.endsSoon(token)])
    #expect(watch.look(at: [token], now: Sample.time) == [])
    #expect(watch.look(at: [token], now: Sample.time.advanced(by: Duration.days(1))) == [.endsSoon(token)])
  }
}
