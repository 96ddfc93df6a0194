import Clocks
import Testing

@testable import AWSCredentials

struct RefreshStateTests {
  private let clock = FakeClock()
  private var state = RefreshState()

  /// A state that holds `id`, good for an hour: advisory after 45 minutes, mandatory after 59.
  private mutating func hold(_ id: String, for lifetime: Duration? = .seconds(3600)) {
    _ = state.ask(at: clock.now, clock.instant)
    state.succeeded(
      found(id, until: lifetime.map { clock.now.advanced(by: $0) }), at: clock.now, clock.instant,
      delay: .seconds(400))
  }

  private mutating func ask() -> RefreshState.Answer {
    state.ask(at: clock.now, clock.instant)
  }

  private mutating func fail(delay: Duration = .seconds(400)) -> Duration {
    state.failed(CredentialsUnavailable("down"), at: clock.now, clock.instant, delay: delay)
  }

  @Test("The first to ask begins, the others wait")
  mutating func first() {
    #expect(ask() == .beginAndWait)
    #expect(ask() == .wait)
  }

  @Test(
    "What is asked for when, by the seconds left of an hour",
    arguments: [
      (left: 3600, answer: RefreshState.Answer.use(keys("OLD"))), (left: 901, answer: .use(keys("OLD"))),
      (left: 900, answer: .useAndBegin(keys("OLD"))), (left: 61, answer: .useAndBegin(keys("OLD"))),
      (left: 60, answer: .beginAndWait), (left: 1, answer: .beginAndWait), (left: 0, answer: .beginAndWait),
      (left: -1, answer: .beginAndWait),
    ])
  mutating func windows(example: (left: Int, answer: RefreshState.Answer)) {
    hold("OLD")
    clock.advance(.seconds(3600 - example.left))
    #expect(ask() == example.answer)
  }

  @Test("In the advisory window one begins and the others go on with the old ones")
  mutating func advisory() {
    hold("OLD")
    clock.advance(.seconds(2701))
    #expect(ask() == .useAndBegin(keys("OLD")))
    #expect(ask() == .use(keys("OLD")))
    // The refresh takes until the last minute.
    clock.advance(.seconds(850))
    #expect(ask() == .wait)
  }

  @Test("What doesn't expire is never refreshed by time")
  mutating func everlasting() {
    hold("STATIC", for: nil)
    clock.advance(.seconds(10 * 365 * 86400))
    #expect(ask() == .use(keys("STATIC")))
  }

  @Test("After a failure the old ones are used, and tried again after the delay")
  mutating func failure() {
    hold("OLD", for: .seconds(4 * 3600))
    clock.advance(.seconds(3 * 3600 + 1))
    #expect(ask() == .useAndBegin(keys("OLD")))
    #expect(fail() == .seconds(400))
    #expect(state.lastFailure == CredentialsUnavailable("down"))
    clock.advance(.seconds(399))
    #expect(ask() == .use(keys("OLD")))
    clock.advance(.seconds(1))
    #expect(ask() == .useAndBegin(keys("OLD")))
  }

  @Test("The delay after a failure ends where the mandatory window begins")
  mutating func delayCutShort() {
    hold("OLD")
    clock.advance(.seconds(3600 - 300))
    #expect(ask() == .useAndBegin(keys("OLD")))
    #expect(fail(delay: .seconds(600)) == .seconds(240))
    clock.advance(.seconds(240))
    #expect(ask() == .beginAndWait)
    // Failed again, with a minute left: the old ones are used to their end.
    #expect(fail(delay: .seconds(300)) == .seconds(300))
    clock.advance(.seconds(59))
    #expect(ask() == .use(keys("OLD")))
    // Then nothing is left to lose: whoever asks tries.
    clock.advance(.seconds(1))
    #expect(ask() == .beginAndWait)
    _ = fail()
    #expect(ask() == .beginAndWait)
  }

  @Test("A success after a failure forgets the failure")
  mutating func recovery() {
    #expect(ask() == .beginAndWait)
    _ = fail()
    hold("NEW")
    #expect(state.lastFailure == nil)
    #expect(ask() == .use(keys("NEW")))
  }

  @Test("A refusal begins one refresh, however many callers tell of it, and everyone waits for that")
  mutating func refusal() {
    hold("OLD")
    #expect(state.refused(keys("OLD"), at: clock.instant) == true)
    #expect(state.refused(keys("OLD"), at: clock.instant) == false)
    #expect(ask() == .wait)
    hold("NEW")
    #expect(ask() == .use(keys("NEW")))
    // A caller that comes late with the old ones changes nothing.
    #expect(state.refused(keys("OLD"), at: clock.instant) == false)
    #expect(ask() == .use(keys("NEW")))
  }

  @Test("The same key id with another session is something else")
  mutating func otherSession() {
    hold("OLD")
    #expect(state.refused(keys("OLD", token: "another session"), at: clock.instant) == false)
    #expect(ask() == .use(keys("OLD")))
  }

  @Test("Refused ones that come out the same are used on; a refusal counts again after the delay")
  mutating func refusedAndUnchanged() {
    hold("STATIC", for: nil)
    #expect(state.refused(keys("STATIC"), at: clock.instant) == true)
    state.succeeded(found("STATIC"), at: clock.now, clock.instant, delay: .seconds(400))
    #expect(ask() == .use(keys("STATIC")))
    #expect(state.refused(keys("STATIC"), at: clock.instant) == false)
    clock.advance(.seconds(400))
    #expect(state.refused(keys("STATIC"), at: clock.instant) == true)
  }

  @Test("When the refresh that a refusal forced fails, the old ones are used, and it is tried again after the delay")
  mutating func refusedAndFailed() {
    hold("OLD")
    #expect(state.refused(keys("OLD"), at: clock.instant) == true)
    _ = fail()
    #expect(ask() == .use(keys("OLD")))
    #expect(state.refused(keys("OLD"), at: clock.instant) == false)
    clock.advance(.seconds(400))
    #expect(ask() == .beginAndWait)
  }

  @Test("A refusal during a refresh begins no second one, and callers wait for the one under way")
  mutating func refusedDuringRefresh() {
    hold("OLD")
    clock.advance(.seconds(2701))
    #expect(ask() == .useAndBegin(keys("OLD")))
    #expect(state.refused(keys("OLD"), at: clock.instant) == false)
    #expect(ask() == .wait)
  }

  @Test("After a reload the next to ask looks everything up, even what never expires, and the others wait")
  mutating func reload() {
    hold("STATIC", for: nil)
    state.reload()
    #expect(ask() == .beginAndWait)
    #expect(ask() == .wait)
    hold("NEW", for: nil)
    #expect(ask() == .use(keys("NEW")))
  }

  @Test("A reload that fails keeps the last good ones, and is tried again after the delay")
  mutating func failedReload() {
    hold("STATIC", for: nil)
    state.reload()
    #expect(ask() == .beginAndWait)
    _ = fail()
    #expect(ask() == .use(keys("STATIC")))
    clock.advance(.seconds(400))
    #expect(ask() == .beginAndWait)
    _ = fail()
    // Another reload doesn't wait for the delay.
    state.reload()
    #expect(ask() == .beginAndWait)
  }

  @Test("A reload during a refresh has the refresh after it")
  mutating func reloadDuringRefresh() {
    #expect(ask() == .beginAndWait)
    state.reload()
    state.succeeded(found("OLD"), at: clock.now, clock.instant, delay: .seconds(400))
    #expect(ask() == .beginAndWait)
  }
}
