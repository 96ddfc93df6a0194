/// Writes one JSON object member by member, straight into bytes: what is written with every call, audit records above all,
/// would cost several times as much as a tree of `JSON`.
///
/// A member whose value is `nil` is left out. Names are our own: ASCII in which nothing has to be escaped.
package struct JSONObjectWriter {
  private var output: [UInt8] = []
  private var isFirst = true

  /// - Parameter capacity: how many bytes to have room for from the start.
  package init(capacity: Int) {
    output.reserveCapacity(capacity)
    output.append(UInt8(ascii: "{"))
  }

  package mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    begin(name)
    JSON.write(value, to: &output)
  }

  package mutating func add(_ name: String, _ value: Int64?) {
    guard let value else { return }
    begin(name)
    output.append(contentsOf: String(value).utf8)
  }

  package mutating func add(_ name: String, _ value: JSON?) {
    guard let value else { return }
    begin(name)
    value.write(to: &output)
  }

  /// Adds an object, whose members `body` writes.
  package mutating func add(_ name: String, object body: (inout JSONObjectWriter) -> Void) {
    begin(name)
    output.append(UInt8(ascii: "{"))
    isFirst = true
    body(&self)
    output.append(UInt8(ascii: "}"))
    isFirst = false
  }

  /// The whole object, and `end` after it.
  package consuming func bytes(endingWith end: String = "") -> [UInt8] {
    output.append(UInt8(ascii: "}"))
    output.append(contentsOf: end.utf8)
    return output
  }

  private mutating func begin(_ name: String) {
    if !isFirst { output.append(UInt8(ascii: ",")) }
    isFirst = false
    output.append(UInt8(ascii: "\""))
    output.append(contentsOf: name.utf8)
    output.append(UInt8(ascii: "\""))
    output.append(UInt8(ascii: ":"))
  }
}
