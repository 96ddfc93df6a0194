import Digest
import Testing

@Suite("RandomPool")
struct RandomPoolTests {
  @Test("As many bytes come as are asked for, from one block, across its end, and in place of one")
  func counts() {
    let pool = RandomPool()
    for count in [0, 1, 16, 1000, 16, 1024, 1025, 5000] { #expect(pool.bytes(count).count == count) }
  }

  @Test("No bytes are given out twice, whichever thread asks")
  func unique() async {
    let pool = RandomPool()
    let names = await withTaskGroup(of: [[UInt8]].self) { group in
      for _ in 0..<8 { group.addTask { (0..<1000).map { _ in pool.bytes(16) } } }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(names).count == 8000)
  }
}
