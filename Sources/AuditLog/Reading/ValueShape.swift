import GatewayCore

/// What a member's value may be (the rules are in `AuditRecord`).
enum ValueShape: Sendable {
  case time
  case integer(ClosedRange<Int64>)
  /// Any text.
  case text
  /// So many characters of one set.
  case string(ByteSet, ClosedRange<Int>)
  /// The same, and the first one of another set.
  case name(first: ByteSet, rest: ByteSet, ClosedRange<Int>)
  /// One of these, with its quotes.
  case quoted([[UInt8]])
  /// 64 bytes in base64.
  case signature
  case object([LineMember])
  /// An array of one or more objects.
  case objects([LineMember])

  static let count = ValueShape.integer(1...999_999_999_999_999_999)
  static let number = ValueShape.integer(0...999_999_999_999_999_999)
  static let httpStatus = ValueShape.integer(100...999)
  static let requestID = ValueShape.string(.requestID, 1...128)
  static let connectionID = ValueShape.name(first: .lowercase, rest: .connectionID, 10...256)
  static let word = ValueShape.name(first: .lowercase, rest: .word, 1...64)

  static func hex(_ count: Int) -> ValueShape {
    .string(.hexDigits, count...count)
  }

  static func oneOf(_ texts: [String]) -> ValueShape {
    .quoted(texts.map { Array("\"\($0)\"".utf8) })
  }
}

extension LineScanner {
  /// Goes past a value of this shape; `nil` if there is none. A string's range is what stands between its quotes.
  mutating func value(_ shape: ValueShape) -> Range<Int>? {
    let start = position
    switch shape {
    case .text: return text()
    case .string(let characters, let count): return string(of: characters, count: count)
    case .name(let first, let rest, let count):
      guard let range = string(of: rest, count: count), first.contains(bytes[range.lowerBound]) else { return nil }
      return range
    case .time: return time()
    case .signature: return signature()
    case .integer(let values):
      guard let value = integer(), values.contains(value) else { return nil }
    case .quoted(let texts):
      for text in texts where take(text) { return start + 1..<position - 1 }
      return nil
    case .object(let members):
      guard object(members) else { return nil }
    case .objects(let members):
      guard take("[") else { return nil }
      repeat {
        guard object(members) else { return nil }
      } while take(",")
      guard take("]") else { return nil }
    }
    return start..<position
  }

  private mutating func object(_ members: [LineMember]) -> Bool {
    guard take("{") else { return false }
    var isFirst = true
    for member in members {
      switch take(member, isFirst: isFirst) {
      case .there: isFirst = false
      case .missing where member.isOptional: break
      case .missing, .invalid: return false
      }
    }
    return take("}")
  }

  private mutating func time() -> Range<Int>? {
    guard take("\"") else { return nil }
    let start = position
    guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2), take("T"),
      let hour = digits(2), take(":"), let minute = digits(2), take(":"), let second = digits(2), take("."),
      digits(6) != nil, take("Z"), take("\"")
    else { return nil }
    guard year > 0, (1...12).contains(month), day > 0, hour < 24, minute < 60, second < 60 else { return nil }
    let lastDay = month == 2 ? (isLeapYear(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    return day <= lastDay ? start..<position - 1 : nil
  }

  private func isLeapYear(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// 86 digits, the last of which stands for two bits alone, and the padding.
  private mutating func signature() -> Range<Int>? {
    guard take("\"") else { return nil }
    let start = position
    while position < bytes.count, ByteSet.base64.contains(bytes[position]) { position += 1 }
    guard position - start == 86, bytes[position - 1].isOne(of: "AQgw"), take("="), take("="), take("\"") else {
      return nil
    }
    return start..<position - 1
  }
}
