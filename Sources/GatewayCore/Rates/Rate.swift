/// How often something may happen: so many times a second in the long run, so many at once after a quiet time (a token
/// bucket). Written `10/20`.
package struct Rate: Sendable, Equatable, CustomStringConvertible {
  /// The largest number either may be.
  package static let limit = 1_000_000

  package let perSecond: Int
  package let burst: Int

  package init(perSecond: Int, burst: Int) {
    self.perSecond = perSecond
    self.burst = burst
  }

  /// `nil` if the text isn't two whole numbers from 1 to `limit` with a `/` between them.
  package init?(_ text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2, text.utf8.allSatisfy({ $0.isASCIIDigit || $0 == UInt8(ascii: "/") }),
      let perSecond = Int(halves[0]), let burst = Int(halves[1]), (1...Self.limit).contains(perSecond),
      (1...Self.limit).contains(burst)
    else { return nil }
    self.init(perSecond: perSecond, burst: burst)
  }

  package var description: String {
    "\(perSecond)/\(burst)"
  }

  /// The time in which one more may happen, in the long run.
  package var interval: Duration {
    .seconds(1) / perSecond
  }
}
