import Digest
import GatewayCore
import Synchronization
import Testing

@Suite("GatewayToken")
struct GatewayTokenTests {
  private static let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

  /// Made with Python's `zlib.crc32` from the bytes beside them.
  static let known: [(bytes: [UInt8], token: String)] = [
    (Array(0..<64), "cgw_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcd0kqlXI"),
    ([UInt8](repeating: 0, count: 64), "cgw_00000000000000000000000000000000000000002hm93x"),
    ([UInt8](repeating: 247, count: 64), "cgw_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz30zl1m"),
    (Array(200...255) + Array(0..<8), "cgw_EFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr49IeXp"),
  ]

  @Test("Random bytes make the token that they made elsewhere, checksum and all", arguments: known)
  func making(bytes: [UInt8], token: String) {
    #expect(GatewayToken(random: { _ in bytes }).exposed == token)
    #expect(GatewayToken(token)?.exposed == token)
  }

  @Test("A token is cgw_ and 46 base62 characters, and is read back")
  func form() throws {
    for _ in 0..<100 {
      let token = GatewayToken(random: SecureRandom.bytes)
      #expect(token.exposed.count == 50)
      #expect(token.exposed.hasPrefix("cgw_"))
      #expect(token.exposed.dropFirst(4).allSatisfy(Self.alphabet.contains))
      #expect(GatewayToken(token.exposed) == token)
    }
  }

  @Test("Every character of the alphabet comes from as many of the byte values as any other")
  func unbiased() {
    var origins: [Character: Int] = [:]
    for byte in UInt8.min...UInt8.max {
      let asked = Mutex(0)
      let token = GatewayToken(random: { count in
        // The byte in question first; it may be one that is dropped, and then these follow.
        let isFirst = asked.withLock { asked in
          defer { asked += 1 }
          return asked == 0
        }
        return [UInt8](repeating: isFirst ? byte : 0, count: count)
      })
      let isDropped = asked.withLock { $0 } > 1
      guard !isDropped else { continue }
      let secret = token.exposed.dropFirst(4).prefix(40)
      #expect(Set(secret).count == 1)
      if let character = secret.first { origins[character, default: 0] += 1 }
    }
    #expect(origins.keys.sorted() == Self.alphabet.sorted())
    #expect(Set(origins.values) == [4])
  }

  @Test("Any single character that is typed wrong is noticed")
  func typingErrors() {
    let token = Array(Sample.token.exposed)
    for position in token.indices {
      for other in Self.alphabet + "_-. é" where other != token[position] {
        var mistyped = token
        mistyped[position] = other
        #expect(GatewayToken(String(mistyped)) == nil, "character \(position) as \(other)")
      }
    }
  }

  @Test("Two neighbours that are swapped are noticed")
  func swappedNeighbours() {
    let token = Array(Self.known[0].token)
    for position in token.indices.dropLast() where token[position] != token[position + 1] {
      var mistyped = token
      mistyped.swapAt(position, position + 1)
      #expect(GatewayToken(String(mistyped)) == nil, "characters \(position) and \(position + 1)")
    }
  }

  @Test("A character that is left out or comes twice is noticed")
  func otherLengths() {
    let token = Array(Self.known[0].token)
    for position in token.indices {
      var shorter = token
      shorter.remove(at: position)
      #expect(GatewayToken(String(shorter)) == nil)
      var longer = token
      longer.insert(token[position], at: position)
      #expect(GatewayToken(String(longer)) == nil)
    }
  }

  @Test(
    "What isn't a token is not read",
    arguments: [
      "", "cgw_", " " + known[0].token, known[0].token + " ", known[0].token + "\n", known[0].token.lowercased(),
      "CGW_" + known[0].token.dropFirst(4), String(known[0].token.dropFirst(4)), known[0].token + "\u{301}",
    ])
  func refused(_ text: String) {
    #expect(GatewayToken(text) == nil)
  }

  @Test("Nothing prints a token, by itself or inside something else")
  func neverPrinted() {
    let token = Sample.token
    var dumped = ""
    dump([token], to: &dumped)
    for output in [
      "\(token)", String(reflecting: token), "\([token])", "\(Optional(token) as Any)", String(describing: (1, token)),
      dumped,
    ] {
      #expect(!output.contains(token.exposed.dropFirst(4)), "it was printed")
    }
  }
}
