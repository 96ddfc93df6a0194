import GatewayCore

/// The texts of a small XML document by their path.
///
/// STS answers in XML of a dozen elements. FoundationXML could read it and would bring all of Foundation, four times the
/// binary; so this reads elements, texts, the five named entities, numbered ones and CDATA, and refuses a document type.
struct XMLText: Equatable {
  /// In bytes; STS's answers have about 2,000.
  static let limit = 64 * 1024
  private static let depthLimit = 16

  private struct Leaf: Equatable {
    let path: [String]
    let text: String
  }

  private var leaves: [Leaf] = []

  /// `nil` if the document is too large, nested too deep, or isn't well-formed.
  init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.limit, let document = String(validating: bytes, as: UTF8.self) else { return nil }
    var rest = Substring(document)
    var path: [String] = []
    var text = ""
    var hasRoot = false
    while let open = rest.firstIndex(of: "<") {
      guard let before = Self.decoded(rest[..<open]) else { return nil }
      guard !path.isEmpty || before.allSatisfy(\.isWhitespace) else { return nil }
      text += before
      rest = rest[rest.index(after: open)...]
      if rest.hasPrefix("?") {
        guard Self.skip(&rest, past: "?>") != nil else { return nil }
      } else if rest.hasPrefix("!--") {
        guard Self.skip(&rest, past: "-->") != nil else { return nil }
      } else if rest.hasPrefix("![CDATA[") {
        guard !path.isEmpty, let data = Self.skip(&rest, past: "]]>") else { return nil }
        text += data.dropFirst("![CDATA[".count)
      } else {
        guard let tag = Self.tag(&rest) else { return nil }
        switch tag {
        case .start(let name):
          guard path.count < Self.depthLimit, !(path.isEmpty && hasRoot) else { return nil }
          hasRoot = true
          path.append(name)
          text = ""
        case .empty(let name):
          guard !(path.isEmpty && hasRoot) else { return nil }
          hasRoot = true
          leaves.append(Leaf(path: path + [name], text: ""))
          text = ""
        case .end(let name):
          guard path.last == name else { return nil }
          leaves.append(Leaf(path: path, text: text))
          path.removeLast()
          text = ""
        }
      }
    }
    guard hasRoot, path.isEmpty, rest.allSatisfy(\.isWhitespace) else { return nil }
  }

  /// The text of the first element with this path; `*` is any name.
  func text(at path: [String]) -> String? {
    leaves.first { leaf in
      leaf.path.count == path.count && zip(leaf.path, path).allSatisfy { $1 == "*" || $0 == $1 }
    }?.text
  }

  private enum Tag {
    case start(String), empty(String), end(String)
  }

  /// Reads a tag behind its `<`. Attributes are passed over.
  private static func tag(_ rest: inout Substring) -> Tag? {
    var quote: Character?
    guard
      let close = rest.firstIndex(where: { character in
        if let open = quote {
          if character == open { quote = nil }
        } else if character == "\"" || character == "'" {
          quote = character
        } else {
          return character == ">"
        }
        return false
      })
    else { return nil }
    var content = rest[..<close]
    rest = rest[rest.index(after: close)...]
    let isEnd = content.hasPrefix("/")
    if isEnd { content = content.dropFirst() }
    let isEmpty = content.hasSuffix("/")
    if isEmpty { content = content.dropLast() }
    let name = content.prefix { !$0.isWhitespace }
    guard let first = name.first, first.isLetter || first == "_", !name.contains("<"), !(isEnd && isEmpty) else {
      return nil
    }
    return isEnd ? .end(String(name)) : isEmpty ? .empty(String(name)) : .start(String(name))
  }

  private static func skip(_ rest: inout Substring, past end: String) -> Substring? {
    guard let range = rest.firstRange(of: end) else { return nil }
    defer { rest = rest[range.upperBound...] }
    return rest[..<range.lowerBound]
  }

  /// `text` with its entities replaced; `nil` if there is one that isn't known.
  private static func decoded(_ text: Substring) -> String? {
    var result = ""
    var rest = text
    while let ampersand = rest.firstIndex(of: "&") {
      result += rest[..<ampersand]
      guard let end = rest[ampersand...].firstIndex(of: ";"),
        let scalar = entity(rest[rest.index(after: ampersand)..<end])
      else { return nil }
      result.unicodeScalars.append(scalar)
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func entity(_ name: Substring) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.hasPrefix("#") else { return nil }
      let isHex = name.hasPrefix("#x")
      return UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10).flatMap(Unicode.Scalar.init)
    }
  }
}
