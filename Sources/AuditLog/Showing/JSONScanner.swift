import GatewayCore

/// Goes through the tokens of a JSON text (RFC 8259), checking no more of it than it has to.
struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// Whether nothing is left but white space.
  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.count
    }
  }

  /// Whether this character comes next.
  mutating func isNext(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    return position < bytes.count && bytes[position] == UInt8(ascii: character)
  }

  /// Goes past this character, if it comes next.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard isNext(character) else { return false }
    position += 1
    return true
  }

  /// Goes past a string; where it stands, with its quotes.
  mutating func string() -> Range<Int>? {
    guard take("\"") else { return nil }
    let start = position - 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return start..<position
      case UInt8(ascii: "\\"): position += 1
      case 0..<0x20: return nil
      default: break
      }
    }
    return nil
  }

  /// Goes past a string, a number, `true`, `false` or `null`; where it stands.
  mutating func scalar() -> Range<Int>? {
    guard !isNext("\"") else { return string() }
    let start = position
    while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
    return position > start ? start..<position : nil
  }

  /// Goes past any value.
  mutating func skipValue() -> Bool {
    var depth = 0
    repeat {
      if take("{") || take("[") {
        depth += 1
      } else if depth > 0, take("}") || take("]") {
        depth -= 1
      } else if depth > 0, take(",") || take(":") {
        continue
      } else if scalar() == nil {
        return false
      }
    } while depth > 0
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  /// What numbers and the three words consist of.
  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
  }
}
