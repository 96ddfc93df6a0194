import Digest
import Testing

@Suite("ConstantTime")
struct ConstantTimeTests {
  @Test("The same bytes are equal, none at all included")
  func equal() {
    #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
    #expect(ConstantTime.equal([], []))
  }

  @Test("A difference in any one bit is seen", arguments: 0..<256)
  func oneBit(_ bit: Int) {
    let bytes = [UInt8](repeating: 0x5A, count: 32)
    var other = bytes
    other[bit / 8] ^= 1 << UInt8(bit % 8)
    #expect(!ConstantTime.equal(bytes, other))
  }

  @Test("A prefix isn't equal to the whole")
  func prefix() {
    #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
    #expect(!ConstantTime.equal([], [0]))
  }
}
