import FoundationEssentials

/// A member that stands twice in one object of a JSON document. RFC 8259 (section 4) leaves open which of the two counts:
/// `JSONDecoder` takes the first without a word, jq and Python take the last.
struct RepeatedMember: Equatable {
  let name: String
  /// In which of the document's objects, counted from 0 in the order in which they begin.
  let object: Int

  /// Finds the first one; `nil` if every object has each of its members once.
  ///
  /// - Parameter document: JSON in UTF-8 that `JSONDecoder` has accepted. Other bytes end nothing, and find something or not.
  init?(in document: [UInt8]) {
    var objects = 0
    // Those that aren't closed yet, with the names that they have so far. Arrays have none, so they don't matter.
    var open: [(number: Int, names: Set<String>)] = []
    var index = 0
    while index < document.count {
      switch document[index] {
      case UInt8(ascii: "{"):
        open.append((objects, []))
        objects += 1
      case UInt8(ascii: "}"): _ = open.popLast()
      case UInt8(ascii: "\""):
        let start = index
        index = Self.endOfString(in: document, from: start)
        guard let current = open.indices.last, Self.isName(before: index + 1, in: document) else { break }
        let name = Self.unescaped(document[start...min(index, document.count - 1)])
        guard open[current].names.insert(name).inserted else {
          self.name = name
          object = open[current].number
          return
        }
      default: break
      }
      index += 1
    }
    return nil
  }

  /// Where the string's closing quote stands.
  private static func endOfString(in document: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < document.count, document[index] != UInt8(ascii: "\"") {
      index += document[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return index
  }

  /// Whether what ends there is a member's name: a colon follows.
  private static func isName(before index: Int, in document: [UInt8]) -> Bool {
    document[min(index, document.count)...].first { !$0.isOne(of: " \t\n\r") } == UInt8(ascii: ":")
  }

  /// A name as it is meant: `"\u0066rom"` is `from`.
  private static func unescaped(_ quoted: ArraySlice<UInt8>) -> String {
    if quoted.contains(UInt8(ascii: "\\")), let name = try? JSONDecoder().decode(String.self, from: Data(quoted)) {
      return name
    }
    return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
  }
}
