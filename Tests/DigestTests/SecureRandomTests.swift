import Digest
import Testing

@Suite("SecureRandom")
struct SecureRandomTests {
  @Test("It gives as many bytes as it is asked for", arguments: [0, 1, 16, 64, 1000])
  func count(_ count: Int) {
    #expect(SecureRandom.bytes(count).count == count)
  }

  @Test("It doesn't repeat itself")
  func noRepeat() {
    let draws = Set((0..<100).map { _ in SecureRandom.bytes(16) })
    #expect(draws.count == 100)
  }

  @Test("Every byte value comes up")
  func everyValue() {
    // A value is missing among 64 KiB with a chance of 256 · (255/256)^65536, which is under 10^-108.
    #expect(Set(SecureRandom.bytes(65_536)).count == 256)
  }
}
