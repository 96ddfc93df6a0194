import Clocks
import Testing

@testable import OpenSearchClient

@Suite("SkewClock")
struct SkewClockTests {
  /// 2026-11-22T16:00:00Z.
  private static let local = Timestamp(seconds: 1_795_363_200)

  private let clock = SkewClock(.fixed(local))

  private func note(_ date: String?, receivedAfter latency: Duration = .zero) -> Duration? {
    clock.note(date: date, sent: Self.local, received: Self.local.advanced(by: latency))
  }

  @Test("What an answer's Date shows is told against the midpoint of sending and receiving, and alone changes nothing")
  func midpoint() {
    #expect(clock.lastSeenOffset == nil)
    #expect(note("Sun, 22 Nov 2026 16:10:00 GMT", receivedAfter: .seconds(7)) == .milliseconds(596_500))
    #expect(clock.lastSeenOffset == .milliseconds(596_500))
    #expect(clock.offset == .zero)
  }

  @Test("A clock behind AWS's has a positive offset, one ahead a negative one")
  func sign() {
    #expect(note("Sun, 22 Nov 2026 16:00:01 GMT") == .seconds(1))
    #expect(note("Sat, 21 Nov 2026 16:00:00 GMT") == .seconds(-86_400))
  }

  @Test(
    "A Date that can't be read shows nothing",
    arguments: [
      nil, "", "now", "2026-11-22T16:10:00Z", "Sunday, 22-Nov-26 16:10:00 GMT", "Sun Nov 22 16:10:00 2026",
      "Sun, 22 Nov 2026 16:10:00 CET", "Sun, 31 Nov 2026 16:10:00 GMT", "Sun, 22 Nov 2026 25:10:00 GMT",
      "Sun, 22 Now 2026 16:10:00 GMT", "Sun, 22 Nov 2026 16:10:00 GMT, Sun, 22 Nov 2026 16:10:00 GMT",
    ])
  func malformed(_ date: String?) {
    #expect(note("Sun, 22 Nov 2026 16:10:00 GMT") == .seconds(600))
    #expect(note(date) == nil)
    #expect(clock.lastSeenOffset == nil)
    #expect(!clock.correct(to: nil, signedWith: .zero))
  }

  @Test("An offset is taken over if it is more than four minutes from the one signed with, to the microsecond")
  func tolerance() {
    for used in [Duration.zero, .seconds(600), .seconds(-86_400)] {
      for apart in [Duration.zero, .seconds(240), .seconds(-240), .milliseconds(239_999)] {
        #expect(!clock.correct(to: used + apart, signedWith: used))
        #expect(clock.offset == .zero)
      }
    }
    for apart in [Duration.seconds(240) + .microseconds(1), .seconds(-240) - .microseconds(1), .seconds(3600)] {
      #expect(clock.correct(to: .seconds(600) + apart, signedWith: .seconds(600)))
      #expect(clock.offset == .seconds(600) + apart)
    }
  }
}
