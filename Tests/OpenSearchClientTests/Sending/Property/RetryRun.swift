import Clocks
import GatewayCore
import HTTPTypes
import Synchronization
import TestSupport
import Testing

@testable import OpenSearchClient

/// A schedule carried out, and everything that happened in its order.
struct RetryRun {
  enum Event: Sendable {
    case sent(date: String?, key: String?)
    case ended(FakeTransport.Answer)
    /// - Parameter draw: the random number that was drawn for it.
    case slept(Duration, draw: Double?)
    case finished(SentCall, draw: Double?)
  }

  struct Entry: Sendable {
    let call: Int
    let at: Duration
    let wall: Timestamp
    /// What was left in the quota.
    let quota: Int
    let event: Event
  }

  let schedule: RetrySchedule
  let entries: [Entry]

  init(_ schedule: RetrySchedule) throws {
    self.schedule = schedule
    let loop = VirtualLoop()
    let quota = RetryQuota()
    _ = quota.take(RetryQuota.capacity - schedule.quota)
    let skewClock = SkewClock(loop.wallClock)
    let credentials = RotatingCredentials(schedule.behaviour)
    let draws = Draws(seed: ~schedule.seed, count: schedule.calls.count)
    let log = Recorder<Entry>()
    let note: @Sendable (Int, Event) -> Void = { call, event in
      log.append(
        Entry(call: call, at: loop.passed, wall: loop.wallClock.now(), quota: quota.remaining, event: event))
    }
    let ended: @Sendable (UpstreamRequest, FakeTransport.Answer) -> Void = { request, answer in
      let call = Self.call(request)
      draws.forget(call)
      note(call, .ended(answer))
    }
    let transport = VirtualTransport(loop, ended: ended) { request in
      note(Self.call(request), .sent(date: request.value("x-amz-date"), key: request.accessKeyID))
      return draws.draw { schedule.reply(&$0, now: loop.wallClock.now(), offset: skewClock.offset) }
    }
    let senders = try schedule.calls.indices.map { call in
      let retrying = Retrying(
        maxAttempts: schedule.calls[call].maxAttempts, quota: quota,
        random: { draws.next(call) },
        sleep: { duration in
          note(call, .slept(duration, draw: draws.last(call)))
          await loop.sleep(duration)
        })
      return try APISender(transport, loop, credentials: credentials, skewClock: skewClock, retrying: retrying)
    }
    let ids = try schedule.calls.indices.map { try #require(ConnectionID("c-00000000\($0)")) }
    try loop.run {
      await withTaskGroup { group in
        for (call, timing) in schedule.calls.enumerated() {
          group.addTask {
            await loop.sleep(timing.startsAfter)
            let sent = await senders[call].send(.reject(ids[call]), deadline: loop.clock.now() + timing.timeout)
            note(call, .finished(sent, draw: draws.last(call)))
          }
        }
      }
    }
    entries = log.all
  }

  /// From when on the call may not do anything any more.
  func deadline(_ call: Int) -> Duration {
    schedule.calls[call].startsAfter + schedule.calls[call].timeout
  }

  private static func call(_ request: UpstreamRequest) -> Int {
    let id = request.target?.split(separator: "/").first { $0.hasPrefix("c-") }
    return id.flatMap { Int($0.dropFirst(2)) } ?? 0
  }
}

/// The random numbers of a run, and which one each call drew for its delay since its last attempt ended.
private final class Draws: Sendable {
  private let state: Mutex<(random: SplitMix64, last: [Double?])>

  init(seed: UInt64, count: Int) {
    state = Mutex((SplitMix64(seed: seed), [Double?](repeating: nil, count: count)))
  }

  func draw<Value: Sendable>(_ body: (inout SplitMix64) -> sending Value) -> Value {
    state.withLock { body(&$0.random) }
  }

  func next(_ call: Int) -> Double {
    state.withLock { state in
      let draw = Double.random(in: 0...1, using: &state.random)
      state.last[call] = draw
      return draw
    }
  }

  func last(_ call: Int) -> Double? {
    state.withLock { $0.last[call] }
  }

  func forget(_ call: Int) {
    state.withLock { $0.last[call] = nil }
  }
}
