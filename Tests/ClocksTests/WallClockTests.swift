import Clocks
import Testing

@Suite("WallClock")
struct WallClockTests {
  @Test("A clock that is fixed tells the same time twice")
  func fixed() {
    let time = Timestamp(seconds: 1_795_363_200)
    let clock = WallClock.fixed(time)
    #expect(clock.now() == time)
    #expect(clock.now() == time)
  }

  @Test("A clock is asked anew each time")
  func asked() {
    let counter = Counter()
    let clock = WallClock { Timestamp(seconds: counter.next()) }
    #expect([clock.now().seconds, clock.now().seconds, clock.now().seconds] == [1, 2, 3])
  }

  @Test("The system's clock goes on, and is past the day this was written")
  func system() {
    let first = WallClock.system.now()
    let second = WallClock.system.now()
    #expect(first <= second)
    #expect(first.iso8601 > "2026-01-01T00:00:00Z")
  }
}
