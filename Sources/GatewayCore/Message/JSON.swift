/// A JSON value whose members keep the order they are given in (RFC 8259).
///
/// The audit log's keys have a fixed order, which `JSONEncoder` can't promise.
package enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Any other number; a finite one.
  case number(Double)
  case string(String)
  case array([JSON])
  case members([Member])

  /// One name and its value.
  package struct Member: Sendable, Equatable {
    package let name: String
    package let value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// An object of the members that are there: a `nil` value leaves its name out.
  package static func object(_ members: [(String, JSON?)]) -> JSON {
    var present: [Member] = []
    present.reserveCapacity(members.count)
    for (name, value) in members {
      if let value { present.append(Member(name, value)) }
    }
    return .members(present)
  }

  /// What the text says; `nil` if it isn't JSON in UTF-8.
  package init?(reading text: [UInt8]) {
    var reader = JSONReader(text)
    guard let value = reader.document() else { return nil }
    self = value
  }

  /// The member of this name, the first one if it stands more than once; `nil` if there is none, or this is no object.
  package subscript(name: String) -> JSON? {
    guard case .members(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The text's UTF-8, on one line.
  package var bytes: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(512)
    write(to: &output)
    return output
  }

  func write(to output: inout [UInt8]) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .integer(let value): output += String(value).utf8
    case .number(let value): output += String(value).utf8
    case .string(let value): Self.write(value, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.write(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .members(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Self.write(member.name, to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.write(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  static func write(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    if text.allBytes(isPlain) {
      output += text.utf8
    } else {
      for scalar in text.unicodeScalars { write(scalar, to: &output) }
    }
    output.append(UInt8(ascii: "\""))
  }

  /// Printable ASCII that stands for itself.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// What could break a line or hide in one is written as `\uXXXX`: controls, format characters (which turn the
  /// direction of text), line and paragraph separators.
  private static func write(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
    switch scalar {
    case "\"": output += "\\\"".utf8
    case "\\": output += "\\\\".utf8
    case "\n": output += "\\n".utf8
    case "\r": output += "\\r".utf8
    case "\t": output += "\\t".utf8
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        for unit in UTF16.encode(scalar) ?? .init() {
          let digits = String(unit, radix: 16)
          output += "\\u".utf8
          output += String(repeating: "0", count: 4 - digits.count).utf8
          output += digits.utf8
        }
      default: output += UTF8.encode(scalar).map(Array.init) ?? []
      }
    }
  }
}

extension JSON: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) {
    self = .string(value)
  }
}
