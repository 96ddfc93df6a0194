import Digest
import Testing

@Suite("HMACSHA256")
struct HMACSHA256Tests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let number: Int
    let key: [UInt8]
    let message: [UInt8]
    let code: String

    var testDescription: String { "case \(number)" }
  }

  /// RFC 4231, sections 4.2 to 4.8. Case 5 shows 128 bits only.
  static let vectors = [
    Vector(
      number: 1, key: [UInt8](repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
      code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    Vector(
      number: 2, key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
      code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    Vector(
      number: 3, key: [UInt8](repeating: 0xAA, count: 20), message: [UInt8](repeating: 0xDD, count: 50),
      code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    Vector(
      number: 4, key: Array(1...25), message: [UInt8](repeating: 0xCD, count: 50),
      code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    Vector(
      number: 5, key: [UInt8](repeating: 0x0C, count: 20), message: Array("Test With Truncation".utf8),
      code: "a3b6167473100ee06e0c796c2955552b"),
    Vector(
      number: 6, key: [UInt8](repeating: 0xAA, count: 131),
      message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    Vector(
      number: 7, key: [UInt8](repeating: 0xAA, count: 131),
      message: Array(
        ("This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
      code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    // Not in the RFC: an empty key and an empty message, by Python's `hmac`.
    Vector(
      number: 8, key: [], message: [], code: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
  ]

  @Test("RFC 4231's keys and messages have its codes", arguments: vectors)
  func knownVector(_ vector: Vector) {
    let code = HMACSHA256.code(key: vector.key, message: vector.message)
    #expect(code.count == 32)
    #expect(Hex.encode(code).hasPrefix(vector.code))
  }

  @Test("A text's UTF-8 is the same message as its bytes")
  func text() {
    let key: [UInt8] = [1, 2, 3]
    #expect(HMACSHA256.code(key: key, message: "é…".utf8) == HMACSHA256.code(key: key, message: Array("é…".utf8)))
  }
}
