import FoundationEssentials

/// Reads one record after another, fast: it notes where the fields stand, and decodes what it is asked for.
///
/// It takes any line that is a JSON object (RFC 8259) with a time, a number and a stage, whatever else it has: what a later
/// version adds doesn't keep a person from reading the log. Whether a line is as it was written is `audit verify`'s to say.
struct RecordReader {
  private var ranges = [Range<Int>?](repeating: nil, count: RecordField.allCases.count)
  private var line = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Reads a line, its LF included, which has to outlive what is asked of it; `false` if it isn't a record.
  mutating func read(_ line: UnsafeRawBufferPointer) -> Bool {
    self.line = line
    for index in ranges.indices { ranges[index] = nil }
    var scanner = JSONScanner(line)
    return object(RecordMember.ofRecord, &scanner) && scanner.isAtEnd && has(.time) && has(.sequence) && has(.stage)
  }

  func has(_ field: RecordField) -> Bool {
    ranges[field.rawValue] != nil
  }

  /// The value as it stands in the line, a string with its quotes.
  func token(_ field: RecordField) -> UnsafeRawBufferPointer? {
    ranges[field.rawValue].map { UnsafeRawBufferPointer(rebasing: line[$0]) }
  }

  /// Whether the value is this string, which has to be one that JSON writes as it is.
  func `is`(_ field: RecordField, _ text: String) -> Bool {
    guard let token = token(field), token.count == text.utf8.count + 2 else { return false }
    return token.dropFirst().dropLast().elementsEqual(text.utf8)
  }

  /// A string's text, or a number's digits.
  func text(_ field: RecordField) -> String? {
    guard let token = token(field) else { return nil }
    guard token.first == UInt8(ascii: "\"") else { return String(decoding: token, as: UTF8.self) }
    let inner = UnsafeRawBufferPointer(rebasing: token.dropFirst().dropLast())
    guard !inner.isPlainJSON else { return String(decoding: inner, as: UTF8.self) }
    // Invalid UTF-8, or half a surrogate pair: not from our writer, and shown as far as it goes.
    return (try? JSONDecoder().decode(String.self, from: Data(token))) ?? String(decoding: inner, as: UTF8.self)
  }

  private mutating func object(_ members: [RecordMember], _ scanner: inout JSONScanner) -> Bool {
    guard scanner.take("{") else { return false }
    if scanner.take("}") { return true }
    // They come in the order of the list: the next one is looked for behind the last one.
    var next = 0
    repeat {
      guard let name = scanner.string(), scanner.take(":") else { return false }
      let nameBytes = UnsafeRawBufferPointer(rebasing: line[name.dropFirst().dropLast()])
      let found =
        members[next...].firstIndex { $0.isNamed(nameBytes) } ?? members[..<next].firstIndex { $0.isNamed(nameBytes) }
      guard let found else {
        guard scanner.skipValue() else { return false }
        continue
      }
      next = found + 1
      switch members[found].meaning {
      case .object(let inner) where scanner.isNext("{"):
        guard object(inner, &scanner) else { return false }
      case .object:
        guard scanner.skipValue() else { return false }
      case .field(let field):
        let isScalar = !scanner.isNext("{") && !scanner.isNext("[")
        guard let range = isScalar ? scanner.scalar() : nil else { return false }
        ranges[field.rawValue] = range
      }
    } while scanner.take(",")
    return scanner.take("}")
  }
}

extension UnsafeRawBufferPointer {
  /// Whether it is printable ASCII without a backslash: inside of a JSON string this stands for itself.
  var isPlainJSON: Bool {
    allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
  }
}
