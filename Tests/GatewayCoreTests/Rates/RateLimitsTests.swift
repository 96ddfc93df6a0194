import Clocks
import GatewayCore
import HTTPTypes
import Testing

@Suite("RateLimits")
struct RateLimitsTests {
  private static let unauthenticated = Problem(.unauthenticated, "No.")
  private static let rate = Rate(perSecond: 2, burst: 3)

  private let time = ManualClock()
  private let observer = RecordingObserver()

  private func limits(token: Rate? = rate, failures: Rate? = rate) -> RateLimits {
    RateLimits(tokenRate: token, failureRate: failures, clock: time.clock, observer: observer)
  }

  private static func request(from address: String = "10.1.2.3", authorization: String? = "Bearer x") throws -> Request
  {
    var fields = HTTPFields()
    fields[.authorization] = authorization
    return Request(
      id: try Sample.requestID(), method: "POST", target: RequestTarget(Sample.rejectTarget), fields: fields,
      body: .complete([]), client: Client(address: address, peer: "127.0.0.1"))
  }

  /// The code of a call's refusal, whose token is good or isn't; `nil` if it is let in.
  private func refusal(_ limits: RateLimits, _ request: Request, isGood: Bool = false) -> Problem? {
    do throws(Problem) {
      try limits.authenticating(request) { () throws(Problem) in
        if !isGood { throw Self.unauthenticated }
      }
      return nil
    } catch {
      return error
    }
  }

  @Test("An address may fail as often as the rate says; then nothing it brings is looked at, a good token included")
  func locked() throws {
    let limits = limits()
    let request = try Self.request()
    for _ in 0..<3 { #expect(refusal(limits, request)?.code == .unauthenticated) }
    var isLookedAt = false
    let problem = try #require(throws: Problem.self) {
      try limits.authenticating(request) { () throws(Problem) in isLookedAt = true }
    }
    #expect(!isLookedAt)
    #expect(problem.code == .rateLimited)
    #expect(problem.outcome == .notSent)
    #expect(problem.fields[.retryAfter] == "1")
    #expect(observer.rateLimited == [.failures])
    // Other addresses, and calls that bring nothing, aren't held up.
    #expect(refusal(limits, try Self.request(from: "10.1.2.4"), isGood: true) == nil)
    #expect(refusal(limits, try Self.request(authorization: nil))?.code == .unauthenticated)
  }

  @Test("After Retry-After a good token is let in, however often it was tried before")
  func unlocked() throws {
    let limits = limits(failures: Rate(perSecond: 1, burst: 3))
    let request = try Self.request()
    for _ in 0..<3 { #expect(refusal(limits, request)?.code == .unauthenticated) }
    for _ in 0..<999 {
      #expect(refusal(limits, request)?.code == .rateLimited)
      time.advance(by: .milliseconds(1))
    }
    time.advance(by: .milliseconds(1))
    #expect(refusal(limits, request, isGood: true) == nil)
    #expect(observer.rateLimited.count == 999)
  }

  @Test("A call without Authorization is no failure, and neither is a good one")
  func notCounted() throws {
    let limits = limits()
    for _ in 0..<100 {
      #expect(refusal(limits, try Self.request(authorization: nil))?.code == .unauthenticated)
      #expect(refusal(limits, try Self.request(), isGood: true) == nil)
    }
    #expect(observer.rateLimited.isEmpty)
    #expect(observer.locked.isEmpty)
  }

  @Test("Addresses of one IPv6 network of 64 bits fail together")
  func network() throws {
    let limits = limits()
    for number in 1...3 { _ = refusal(limits, try Self.request(from: "2001:db8:0:7::\(number)")) }
    #expect(refusal(limits, try Self.request(from: "2001:db8:0:7:ffff::9"), isGood: true)?.code == .rateLimited)
    #expect(refusal(limits, try Self.request(from: "2001:db8:0:8::1"), isGood: true) == nil)
    #expect(observer.locked == ["2001:db8:0:7::/64"])
  }

  @Test("What is locked is told once, though it is locked again and again")
  func told() throws {
    let limits = limits()
    for _ in 0..<500 {
      _ = refusal(limits, try Self.request())
      time.advance(by: .milliseconds(100))
    }
    #expect(observer.locked == ["10.1.2.3"])
    #expect(observer.rateLimited.count > 300)
  }

  @Test("A token may call as often as its rate says, whoever else calls; a call too many isn't counted")
  func token() throws {
    let limits = limits()
    for _ in 0..<3 { try limits.admit(Sample.entry(), rate: Self.rate) }
    for _ in 0..<100 {
      let problem = try #require(throws: Problem.self) { try limits.admit(Sample.entry(), rate: Self.rate) }
      #expect(problem.code == .rateLimited)
      #expect(problem.outcome == .notSent)
      #expect(problem.fields[.retryAfter] == "1")
      #expect(problem.detail.contains("'runbook-eu' may make 2 calls a second, and 3 at once"))
    }
    try limits.admit(Sample.entry(Sample.otherToken), rate: Self.rate)
    time.advance(by: .milliseconds(500))
    try limits.admit(Sample.entry(), rate: Self.rate)
    #expect(throws: Problem.self) { try limits.admit(Sample.entry(), rate: Self.rate) }
    #expect(observer.rateLimited == [RateLimits.Kind](repeating: .token, count: 101))
  }

  @Test("A token has the rate it is given at each call")
  func ownRate() throws {
    let limits = limits()
    for _ in 0..<100 { try limits.admit(Sample.entry(), rate: nil) }
    for _ in 0..<3 { try limits.admit(Sample.entry(), rate: Self.rate) }
    #expect(throws: Problem.self) { try limits.admit(Sample.entry(), rate: Self.rate) }
    for _ in 0..<7 { try limits.admit(Sample.entry(), rate: Rate(perSecond: 1, burst: 10)) }
  }

  @Test("Without rates nothing is counted")
  func off() throws {
    let limits = limits(token: nil, failures: nil)
    for _ in 0..<1000 {
      #expect(refusal(limits, try Self.request())?.code == .unauthenticated)
      try limits.admit(Sample.entry(), rate: limits.tokenRate)
    }
  }

  @Test(
    "Retry-After is in whole seconds, rounded up",
    arguments: [(0, 0), (1, 1), (200, 1), (1000, 1), (1001, 2), (1999, 2), (7000, 7)])
  func seconds(milliseconds: Int, seconds: Int64) {
    #expect(Duration.milliseconds(milliseconds).wholeSecondsRoundedUp == seconds)
  }
}
