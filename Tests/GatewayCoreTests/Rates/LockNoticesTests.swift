import GatewayCore
import Testing

@Suite("LockNotices")
struct LockNoticesTests {
  private let start = ContinuousClock.now
  private var notices = LockNotices()

  @Test("A network is news once a minute")
  mutating func once() {
    let news = (0..<600).map { notices.isNews("10.1.2.3", at: start + .milliseconds($0 * 100)) }
    #expect(news.count { $0 } == 1)
    let later = [60, 61, 119, 120].map { notices.isNews("10.1.2.3", at: start + .seconds($0)) }
    #expect(later == [true, false, false, true])
  }

  @Test("Ten networks are news in a minute, and no more")
  mutating func many() {
    for moment in [start, start + .seconds(60)] {
      let news = (0..<100_000).map { notices.isNews("network-\($0)", at: moment) }
      #expect(news.count { $0 } == 10)
    }
  }
}
