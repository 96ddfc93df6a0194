import Testing

@testable import GatewayServer

@Suite("Histogram")
struct HistogramTests {
  @Test("The bounds rise, and each is written in seconds")
  func bounds() {
    let milliseconds = Histogram.bounds.map(\.milliseconds)
    #expect(milliseconds == milliseconds.sorted())
    #expect(Set(milliseconds).count == milliseconds.count)
    for bound in Histogram.bounds { #expect(Double(bound.label) == Double(bound.milliseconds) / 1000) }
  }

  @Test("A duration on a bound belongs to it, the least above it to the next", arguments: Histogram.bounds.indices)
  func onBound(index: Int) {
    let bound = Duration.milliseconds(Histogram.bounds[index].milliseconds)
    var histogram = Histogram()
    histogram.observe(bound)
    histogram.observe(bound + .nanoseconds(1))
    var expected = [Int](repeating: 0, count: Histogram.bounds.count + 1)
    expected[index] = 1
    expected[index + 1] = 1
    #expect(histogram.counts == expected)
  }

  @Test("The sum is that of all durations")
  func sum() {
    var histogram = Histogram()
    for milliseconds in [0, 1, 250, 90_000] { histogram.observe(.milliseconds(milliseconds)) }
    #expect(histogram.sum == .milliseconds(90_251))
    #expect(histogram.counts.reduce(0, +) == 4)
  }
}
