import Digest
import Testing

@Suite("CRC32")
struct CRC32Tests {
  /// The check value of the CRC catalogue, and zlib's answers.
  static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
    (Array("123456789".utf8), 0xCBF4_3926),
    ([], 0),
    (Array("a".utf8), 0xE8B7_BE43),
    (Array("The quick brown fox jumps over the lazy dog".utf8), 0x414F_A339),
    ([UInt8](repeating: 0, count: 32), 0x190A_55AD),
    ([UInt8](repeating: 0xFF, count: 32), 0xFF6C_AB0B),
  ]

  @Test("Bytes have the checksum that zlib gives them", arguments: vectors)
  func knownVector(bytes: [UInt8], checksum: UInt32) {
    #expect(CRC32.checksum(bytes) == checksum)
  }
}
