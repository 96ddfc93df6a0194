/// A request's head as the HTTP library parsed it, with the length it had on the wire.
package struct RequestHead: Sendable {
  /// One header line, its value as bytes: what a caller sends need not be UTF-8.
  package struct Field: Sendable {
    package let name: String
    package let value: [UInt8]

    package init(name: String, value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

  package let method: String
  package let target: String
  /// `HTTP/1.1`.
  package let version: String
  package let fields: [Field]
  /// How many bytes the head took, from the method to the empty line.
  package let byteCount: Int

  package init(method: String, target: String, version: String, fields: [Field], byteCount: Int) {
    self.method = method
    self.target = target
    self.version = version
    self.fields = fields
    self.byteCount = byteCount
  }

  /// How many bytes this head takes when it is written the one way RFC 9112 asks a client to write it: single spaces,
  /// `name: value`, CRLF, no folding.
  package var canonicalByteCount: Int {
    let requestLine = method.utf8.count + 1 + target.utf8.count + 1 + version.utf8.count + 2
    return fields.reduce(requestLine + 2) { $0 + $1.name.utf8.count + 2 + $1.value.count + 2 }
  }
}
