/// Reads JSON's tokens from a line, in the one form that the log has them in (`AuditRecord`), and notes where it stands.
struct LineScanner {
  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool {
    position == bytes.count
  }

  /// Goes past `literal` if it stands here.
  mutating func take(_ literal: [UInt8]) -> Bool {
    guard bytes.count - position >= literal.count else { return false }
    for index in literal.indices where bytes[position + index] != literal[index] { return false }
    position += literal.count
    return true
  }

  /// Goes past an ASCII character if it stands here.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// So many digits.
  mutating func digits(_ count: Int) -> Int? {
    guard bytes.count - position >= count else { return nil }
    var value = 0
    for byte in bytes[position..<position + count] {
      guard ByteSet.digits.contains(byte) else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    position += count
    return value
  }

  /// `0`, or up to 18 digits of which the first isn't `0`.
  mutating func integer() -> Int64? {
    let start = position
    var value: Int64 = 0
    while position < bytes.count, ByteSet.digits.contains(bytes[position]) {
      guard position - start < 18 else { return nil }
      value = value * 10 + Int64(bytes[position] - UInt8(ascii: "0"))
      position += 1
    }
    guard position > start, bytes[start] != UInt8(ascii: "0") || position == start + 1 else { return nil }
    return value
  }

  /// A string of characters of one set; what stands between its quotes.
  mutating func string(of characters: ByteSet, count: ClosedRange<Int>) -> Range<Int>? {
    guard take("\"") else { return nil }
    let start = position
    while position < bytes.count, characters.contains(bytes[position]) { position += 1 }
    let range = start..<position
    return count.contains(range.count) && take("\"") ? range : nil
  }

  /// A string of any text; what stands between its quotes, as it is written.
  mutating func text() -> Range<Int>? {
    guard take("\"") else { return nil }
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return start..<position - 1
      case UInt8(ascii: "\\"):
        guard escape() else { return nil }
      case 0x20...0x7E: position += 1
      default:
        guard character() else { return nil }
      }
    }
    return nil
  }

  /// `\"`, `\\`, `\n`, `\r`, `\t`, or `\uXXXX` for what is neither printable ASCII nor one of these.
  private mutating func escape() -> Bool {
    position += 1
    if take("\"") || take("\\") || take("n") || take("r") || take("t") { return true }
    guard let unit = codeUnit() else { return false }
    switch unit {
    case 0x0009, 0x000A, 0x000D, 0x0020...0x007E, 0xDC00...0xDFFF: return false
    case 0xD800...0xDBFF:
      guard take("\\"), let second = codeUnit() else { return false }
      return (0xDC00...0xDFFF).contains(second)
    default: return true
    }
  }

  /// `uXXXX`, the digits in lower case.
  private mutating func codeUnit() -> UInt16? {
    guard take("u"), bytes.count - position >= 4 else { return nil }
    var unit: UInt16 = 0
    for byte in bytes[position..<position + 4] {
      guard ByteSet.hexDigits.contains(byte) else { return nil }
      unit = unit << 4 | UInt16(byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : byte - UInt8(ascii: "a") + 10)
    }
    position += 4
    return unit
  }

  /// A character from U+00A0 on in UTF-8 (RFC 3629, section 4), but for the line and paragraph separators.
  private mutating func character() -> Bool {
    let rest = bytes[position...]
    let (first, second) = (bytes[position], rest.dropFirst().first ?? 0)
    let count: Int
    switch (first, second) {
    case (0xC2, 0xA0...0xBF), (0xC3...0xDF, 0x80...0xBF): count = 2
    case (0xE0, 0xA0...0xBF), (0xE1...0xEC, 0x80...0xBF), (0xED, 0x80...0x9F), (0xEE...0xEF, 0x80...0xBF): count = 3
    case (0xF0, 0x90...0xBF), (0xF1...0xF3, 0x80...0xBF), (0xF4, 0x80...0x8F): count = 4
    default: return false
    }
    guard rest.count >= count, rest.dropFirst(2).prefix(count - 2).allSatisfy({ (0x80...0xBF).contains($0) }),
      !rest.starts(with: [0xE2, 0x80, 0xA8]), !rest.starts(with: [0xE2, 0x80, 0xA9])
    else { return false }
    position += count
    return true
  }
}
