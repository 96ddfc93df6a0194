import Digest
import Testing

@Suite("SecretMemory")
struct SecretMemoryTests {
  @Test("Cleansed bytes are zero, and as many as before")
  func cleansed() {
    var bytes = Array("AWS4 and a secret".utf8)
    let count = bytes.count
    SecretMemory.cleanse(&bytes)
    #expect(bytes == [UInt8](repeating: 0, count: count))
  }

  @Test("There being nothing to cleanse is no harm")
  func empty() {
    var bytes: [UInt8] = []
    SecretMemory.cleanse(&bytes)
    #expect(bytes.isEmpty)
  }
}
