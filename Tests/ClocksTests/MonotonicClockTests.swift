import Clocks
import Testing

@Suite("MonotonicClock")
struct MonotonicClockTests {
  @Test("A clock is asked anew each time")
  func asked() {
    let counter = Counter()
    let start = ContinuousClock.now
    let clock = MonotonicClock { start + .seconds(counter.next()) }
    #expect(clock.now() - start == .seconds(1))
    #expect(clock.now() - start == .seconds(2))
  }

  @Test("The system's clock never goes back")
  func system() {
    let moments = (0..<100).map { _ in MonotonicClock.system.now() }
    #expect(moments == moments.sorted())
  }
}
