import Digest
import Testing

@Suite("SHA256")
struct SHA256Tests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let message: String
    let digest: String

    var testDescription: String { "\(message.utf8.count) bytes" }
  }

  /// FIPS 180-2, appendix B, and NIST's "Examples with intermediate values".
  static let vectors = [
    Vector(message: "", digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    Vector(message: "abc", digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    Vector(
      message: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    Vector(
      message: "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
        + "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      digest: "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    Vector(
      message: String(repeating: "a", count: 1_000_000),
      digest: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ]

  @Test("NIST's messages have NIST's digests", arguments: vectors)
  func knownVector(_ vector: Vector) {
    #expect(SHA256.hex(vector.message) == vector.digest)
    #expect(Hex.encode(SHA256.digest(Array(vector.message.utf8))) == vector.digest)
  }

  @Test("Bytes that don't lie side by side in memory give the same digest")
  func notContiguous() {
    let scattered = "cba".utf8.reversed()
    #expect(SHA256.digest(scattered) == SHA256.digest("abc".utf8))
  }

  @Test("A digest has 32 bytes")
  func length() {
    #expect(SHA256.digest([]).count == SHA256.byteCount)
    #expect(SHA256.byteCount == 32)
  }
}
