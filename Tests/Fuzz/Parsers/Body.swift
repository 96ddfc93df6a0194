import FoundationEssentials

@testable import GatewayCore

/// A reject's body, and what is written of its reason.
@Sendable func fuzzBody(_ bytes: [UInt8]) {
  if let text = text(bytes) { checkWriter(text) }
  if let value = JSON(reading: bytes) {
    promise(
      (try? JSONDecoder().decode(StrictValue.self, from: Data(bytes))) != nil, "what is JSON is JSON to others, too")
    promise(JSON(reading: value.bytes) == value, "a value is read as it is written")
  }
  guard let body = try? RejectBody(bytes) else { return }
  var grammar = FlatObject(bytes)
  promise(grammar.isOne, "what is taken is JSON by RFC 8259, with one member at the most")
  promise(grammar.hasMember == (body.reason != nil), "the member is the reason")
  guard let reason = body.reason else { return }
  let written = JSON.object([("reason", .string(reason))]).bytes
  promise((try? RejectBody(written)) == body, "a reason is read as it is written")
  checkWriter(reason)
}

private func checkWriter(_ text: String) {
  let bytes = JSON.array([.string(text)]).bytes
  promise(bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a JSON text has no control characters")
  let read = try? JSONDecoder().decode([String].self, from: Data(bytes))
  promise(read.map { $0.count == 1 && $0[0].utf8.elementsEqual(text.utf8) } == true, "a text is read as it is written")
}

/// RFC 8259 for `{}` and `{"…": "…"}`, written down again: JSON readers forgive much.
private struct FlatObject {
  private var rest: ArraySlice<UInt8>
  private(set) var hasMember = false

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  /// Whether the bytes are such an object and no more.
  var isOne: Bool {
    mutating get {
      skipSpace()
      guard take("{") else { return false }
      skipSpace()
      if rest.first == UInt8(ascii: "\"") {
        guard takeString() else { return false }
        skipSpace()
        guard take(":") else { return false }
        skipSpace()
        guard takeString() else { return false }
        hasMember = true
        skipSpace()
      }
      guard take("}") else { return false }
      skipSpace()
      return rest.isEmpty
    }
  }

  private mutating func skipSpace() {
    rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func takeString() -> Bool {
    guard take("\"") else { return false }
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return true
      case 0..<0x20: return false
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return false }
        if escaped == UInt8(ascii: "u") {
          let digits = rest.prefix(4)
          guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return false }
          rest = rest.dropFirst(4)
        } else if !"\"\\/bfnrt".utf8.contains(escaped) {
          return false
        }
      default: break
      }
    }
    return false
  }
}
