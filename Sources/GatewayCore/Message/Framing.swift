package import HTTPTypes

/// Checks that a head can be read in one way only, and turns it into header fields.
///
/// libmicrohttpd forgives much that RFC 9112 doesn't: folded lines, bare LF, NUL, white space before the colon, two
/// lengths. Each of these puts what follows in another place on the wire than it has in the head that was parsed, so comparing
/// the places finds them all, and the next one too. What it can't see is checked field by field, and NUL, which it can't tell
/// from an end of line, never gets that far: it is received as another control character (`CReceive`).
package enum Framing {
  /// The largest head that is looked at, in bytes.
  package static let headLimit = 16 * 1024
  /// The most header lines that are looked at. The usual clients and proxies send a dozen.
  package static let fieldLimit = 100
  /// The largest body that is read, in bytes.
  package static let bodyLimit = 4 * 1024

  /// The fields of `head`.
  ///
  /// - Throws: the first violation found, in the order of RFC 9112: request line, then fields.
  package static func fields(of head: RequestHead) throws(FramingViolation) -> HTTPFields {
    guard head.byteCount <= headLimit else {
      throw FramingViolation(
        "The request line and headers are larger than \(headLimit) bytes. Send fewer or shorter headers.",
        code: .headersTooLarge)
    }
    guard head.fields.count <= fieldLimit else {
      throw FramingViolation("There are more than \(fieldLimit) headers. Send fewer.", code: .headersTooLarge)
    }
    try checkRequestLine(head)
    let fields = try parse(head.fields)
    guard fields[values: .transferEncoding].isEmpty else {
      throw FramingViolation(
        "Transfer-Encoding isn't supported. Send the body with a Content-Length.", code: .notImplemented)
    }
    guard head.isPlain else {
      throw FramingViolation(
        "The request isn't written in the plain form: each header as 'Name: value' with one space after the colon, "
          + "lines ended by CRLF, no folded lines, no control characters.")
    }
    try checkUniqueFields(fields, version: head.version)
    return fields
  }

  private static func checkRequestLine(_ head: RequestHead) throws(FramingViolation) {
    guard head.version == "HTTP/1.1" || head.version == "HTTP/1.0" else {
      throw FramingViolation("Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    }
    guard HTTPRequest.Method(head.method) != nil else {
      throw FramingViolation("The method isn't a token.")
    }
    guard head.target.utf8.first == UInt8(ascii: "/") else {
      throw FramingViolation("The request target has to be a path that starts with '/'.")
    }
    // Some take '\' for '/', so that it is more than a matter of form.
    guard head.target.allBytes({ $0 > 0x20 && $0 < 0x7F && !$0.isOne(of: "#\"<>\\^`{|}") }) else {
      throw FramingViolation("The request target has characters that can't stand in a URI unencoded.")
    }
  }

  private static func parse(_ rawFields: [RequestHead.Field]) throws(FramingViolation) -> HTTPFields {
    var fields = HTTPFields()
    fields.reserveCapacity(rawFields.count)
    for raw in rawFields {
      guard let name = HTTPField.Name(raw.name) else {
        throw FramingViolation("A header's name isn't a token.")
      }
      guard HTTPField.isValidValue(raw.value) else {
        throw FramingViolation(
          "The value of the header \(Redaction.redact(name.rawName, limit: 64)) has control characters, or white space at "
            + "its ends.")
      }
      fields.append(HTTPField(name: name, value: raw.value))
    }
    return fields
  }

  private static func checkUniqueFields(_ fields: HTTPFields, version: String) throws(FramingViolation) {
    let hosts = fields[values: .hostField]
    guard hosts.count == 1 || (hosts.isEmpty && version == "HTTP/1.0") else {
      throw FramingViolation("Exactly one Host header is needed.")
    }
    guard hosts.allSatisfy(HostField.isValid) else {
      throw FramingViolation("The Host header isn't a host name with an optional port.")
    }
    for name in [HTTPField.Name.contentLength, .authorization, .contentType] where fields[values: name].count > 1 {
      throw FramingViolation("The header \(name.rawName) stands more than once.")
    }
    if let length = fields.first(.contentLength) {
      guard (1...18).contains(length.utf8.count), length.allBytes(\.isASCIIDigit) else {
        throw FramingViolation("The Content-Length isn't a number.")
      }
    }
  }
}
