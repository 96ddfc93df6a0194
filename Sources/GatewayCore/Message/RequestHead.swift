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
  /// Where the pieces began on the wire, counted from the method's first byte: target, version, then each field's name
  /// and value.
  package let offsets: [Int]
  /// How many bytes the head took, from the method to the empty line.
  package let byteCount: Int

  package init(
    method: String, target: String, version: String, fields: [Field], offsets: [Int], byteCount: Int
  ) {
    self.method = method
    self.target = target
    self.version = version
    self.fields = fields
    self.offsets = offsets
    self.byteCount = byteCount
  }

  /// Whether the head was written the one way that RFC 9112 asks a client to write it: single spaces, `name: value`, CRLF,
  /// no folding.
  ///
  /// Its length alone doesn't tell: a byte too few (a bare LF) makes up for one too many (what stands behind a NUL). Each
  /// piece has to be in its place.
  package var isPlain: Bool {
    let plain = plainLayout
    return offsets == plain.offsets && byteCount == plain.byteCount
  }

  /// Where the pieces begin, and how many bytes there are, if these pieces are written in the plain form.
  package var plainLayout: (offsets: [Int], byteCount: Int) {
    let target = method.utf8.count + 1
    let version = target + self.target.utf8.count + 1
    var offsets = [target, version]
    offsets.reserveCapacity(2 + 2 * fields.count)
    var end = version + self.version.utf8.count + 2
    for field in fields {
      let value = end + field.name.utf8.count + 2
      offsets += [end, value]
      end = value + field.value.count + 2
    }
    return (offsets, end + 2)
  }
}
