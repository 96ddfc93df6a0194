import Clocks
import GatewayCore
import HTTPTypes
import Testing

@testable import OpenSearchClient

/// Our clock says 2026-11-22T16:00:00Z throughout; AWS's says what its `Date` says.
@Suite("Clock skew")
struct ClockSkewTests {
  private static let local = Timestamp(seconds: 1_795_363_200)
  private static let tenMinutesLater = "Sun, 22 Nov 2026 16:10:00 GMT"

  private static func answer(
    _ date: String?, _ code: String = "InvalidSignatureException", status: Int = 403
  ) -> FakeTransport.Answer {
    var fields: HTTPFields = [:]
    fields[.date] = date
    return .error(code, status, fields: fields)
  }

  private func calls(_ answers: [FakeTransport.Answer], maxAttempts: Int = 3) -> Calls {
    var calls = Calls(FakeTransport(answers))
    calls.wallClock = .fixed(Self.local)
    calls.maxAttempts = maxAttempts
    return calls
  }

  private func times(_ calls: Calls) -> [String?] {
    calls.transport.sent.map { $0.field("x-amz-date") }
  }

  @Test("A skew code and a Date far off: tried again at once, free, by AWS's clock", arguments: AWSCodes.skew)
  func corrected(_ code: String) async throws {
    let calls = calls([Self.answer(Self.tenMinutesLater, code), .rejected])
    let sent = try await calls.send()
    #expect(sent.response != nil)
    #expect(sent.attempts.map(\.code) == [code, nil])
    #expect(times(calls) == ["20261122T160000Z", "20261122T161000Z"])
    #expect(calls.time.sleeps.isEmpty)
    #expect(calls.quota.remaining == 500)
  }

  @Test("A clock that is ahead is set back")
  func ahead() async throws {
    let calls = calls([Self.answer("Sun, 22 Nov 2026 15:00:00 GMT"), .rejected])
    #expect(try await calls.send().response != nil)
    #expect(times(calls) == ["20261122T160000Z", "20261122T150000Z"])
  }

  static let dates = [
    ("Sun, 22 Nov 2026 16:04:01 GMT", 2), ("Sun, 22 Nov 2026 16:04:00 GMT", 1), ("Sun, 22 Nov 2026 16:03:59 GMT", 1),
    ("Sun, 22 Nov 2026 16:00:00 GMT", 1), ("Sun, 22 Nov 2026 15:56:01 GMT", 1), ("Sun, 22 Nov 2026 15:56:00 GMT", 1),
    ("Sun, 22 Nov 2026 15:55:59 GMT", 2),
  ]

  @Test("The clocks have to differ by strictly more than four minutes", arguments: dates)
  func tolerance(date: String, attempts: Int) async throws {
    let calls = calls([Self.answer(date), .rejected])
    #expect(try await calls.send().attempts.count == attempts)
  }

  @Test("The Date is held against the midpoint of sending and receiving")
  func midpoint() async throws {
    // 16:04:03 against 16:00:00…16:00:06 is four minutes; against 16:00:00…16:00:05 it is half a second more.
    for (seconds, attempts) in [(6, 1), (5, 2)] {
      let time = TestClock()
      var calls = Calls(
        FakeTransport([Self.answer("Sun, 22 Nov 2026 16:04:03 GMT"), .rejected]) { time.advance(.seconds(seconds)) })
      calls.time = time
      calls.wallClock = WallClock { Self.local.advanced(by: time.clock.now() - Sample.start) }
      calls.maxAttempts = 3
      #expect(try await calls.send().attempts.count == attempts)
    }
  }

  @Test(
    "Without a Date, or with one that can't be read, nothing is tried again",
    arguments: [nil, "", "soon", "2026-11-22T16:10:00Z", "Sun, 22 Nov 2026 16:10:00 UTC", "1795363800"])
  func noDate(_ date: String?) async throws {
    let calls = calls([Self.answer(date), .rejected])
    let sent = try await calls.send()
    #expect(sent.attempts.count == 1)
    #expect(sent.error?.code == "InvalidSignatureException")
  }

  @Test(
    "Another code's Date corrects nothing", arguments: [("ConflictException", 409), ("ExpiredToken", 403), ("X", 400)])
  func otherCodes(code: String, status: Int) async throws {
    let calls = calls([Self.answer(Self.tenMinutesLater, code, status: status), .rejected])
    let sender = try calls.sender()
    let id = try #require(ConnectionID(Sample.connectionID))
    #expect(await sender.send(.reject(id), deadline: calls.deadline).attempts.count == 1)
    _ = await sender.send(.reject(id), deadline: calls.deadline)
    #expect(times(calls) == ["20261122T160000Z", "20261122T160000Z"])
  }

  @Test("A retry for another reason, or a success, keeps the clock as it is")
  func datesOfOthers() async throws {
    let calls = calls([
      Self.answer(Self.tenMinutesLater, "InternalException", status: 500),
      .status(200, "{}", fields: [.date: Self.tenMinutesLater]),
    ])
    let sender = try calls.sender()
    let id = try #require(ConnectionID(Sample.connectionID))
    _ = await sender.send(.reject(id), deadline: calls.deadline)
    _ = await sender.send(.reject(id), deadline: calls.deadline)
    #expect(Set(times(calls)) == ["20261122T160000Z"])
    #expect(sender.skewClock.lastSeenOffset == .seconds(600))
  }

  @Test("The offset is kept: the next call's first attempt is signed by AWS's clock")
  func kept() async throws {
    let calls = calls([Self.answer(Self.tenMinutesLater), .rejected])
    let sender = try calls.sender()
    let id = try #require(ConnectionID(Sample.connectionID))
    _ = await sender.send(.reject(id), deadline: calls.deadline)
    let next = await sender.send(.reject(id), deadline: calls.deadline)
    #expect(next.attempts.count == 1)
    #expect(times(calls) == ["20261122T160000Z", "20261122T161000Z", "20261122T161000Z"])
    #expect(sender.skewClock.offset == .seconds(600))
  }

  @Test("The same offset a second time isn't the clock's fault, however many attempts there are")
  func sameOffset() async throws {
    let calls = calls([Self.answer(Self.tenMinutesLater)], maxAttempts: 10)
    let sent = try await calls.send()
    #expect(sent.attempts.count == 2)
    #expect(sent.error?.code == "InvalidSignatureException")
  }

  @Test("What counts is the difference from the offset in use, not from our clock")
  func differenceFromOffset() async throws {
    // Four minutes from ten, then a second more; then back to our own time.
    for (second, attempts) in [
      ("Sun, 22 Nov 2026 16:14:00 GMT", 2), ("Sun, 22 Nov 2026 16:14:01 GMT", 3), ("Sun, 22 Nov 2026 16:00:00 GMT", 3),
    ] {
      let calls = calls([Self.answer(Self.tenMinutesLater), Self.answer(second), .rejected])
      #expect(try await calls.send().attempts.count == attempts)
    }
  }

  @Test("A clock at AWS that jumps each time ends with the attempts")
  func jumping() async throws {
    let answers = (1...20).map { Self.answer("Sun, 22 Nov 2026 \($0 % 2 == 0 ? "16" : "17"):30:00 GMT") }
    let calls = calls(answers, maxAttempts: 5)
    #expect(try await calls.send().attempts.count == 5)
    #expect(calls.quota.remaining == 500)
  }

  @Test("Calls under way together when the clock is found wrong are all tried again by the right one")
  func together() async throws {
    let loop = VirtualLoop()
    let skewClock = SkewClock(loop.wallClock)
    // Each attempt takes a second, so all first ones are signed by the wrong clock.
    let transport = VirtualTransport(loop) { request in
      let isRight = request.value("x-amz-date")?.hasPrefix("20261122T161") == true
      return VirtualTransport.Reply(
        isRight ? .rejected : Self.answer("Sun, 22 Nov 2026 16:10:00 GMT"), after: .seconds(1))
    }
    let sender = try APISender(transport, loop, skewClock: skewClock)
    let id = try #require(ConnectionID(Sample.connectionID))
    let sent = try loop.run {
      await withTaskGroup { group in
        for _ in 0..<5 { group.addTask { await sender.send(.reject(id), deadline: loop.start + .seconds(15)) } }
        return await group.reduce(into: [SentCall]()) { $0.append($1) }
      }
    }
    #expect(sent.map(\.attempts.count) == [2, 2, 2, 2, 2])
    #expect(sent.allSatisfy { $0.response != nil })
  }
}
