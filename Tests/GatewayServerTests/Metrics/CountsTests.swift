import Testing

@testable import GatewayServer

@Suite("Counts")
struct CountsTests {
  @Test("Each key is counted by itself")
  func counts() {
    var counts = Counts<String>()
    for key in ["a", "b", "a", "c", "a", "c"] { counts.add(key) }
    #expect(counts.all.map(\.key) == ["a", "b", "c"])
    #expect(counts.all.map(\.count) == [3, 1, 2])
  }
}
