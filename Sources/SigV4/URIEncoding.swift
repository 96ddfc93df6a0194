/// Percent-encoding as SigV4 asks for it: everything but RFC 3986's unreserved characters, in upper-case hex.
package enum URIEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// `text` with every byte but `A-Z a-z 0-9 - . _ ~` (and `/`, where `keepingSlashes`) encoded.
  package static func encode(_ text: String, keepingSlashes: Bool = false) -> String {
    func isKept(_ byte: UInt8) -> Bool { isUnreserved(byte) || (keepingSlashes && byte == UInt8(ascii: "/")) }
    guard text.hasByte({ !isKept($0) }) else { return text }
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if isKept(byte) {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
