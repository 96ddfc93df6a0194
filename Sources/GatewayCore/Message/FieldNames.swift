package import HTTPTypes

extension HTTPFields {
  /// The value of a field that may stand once; the first one's, if it stands more often. The package's own subscript would
  /// join them, at ten times the cost.
  package func first(_ name: HTTPField.Name) -> String? {
    for field in self where field.name == name { return field.value }
    return nil
  }
}

extension HTTPField.Name {
  /// `X-Request-Id`.
  package static let xRequestID = HTTPField.Name.known("X-Request-Id")

  /// `Forwarded` (RFC 7239).
  package static let forwarded = HTTPField.Name.known("Forwarded")

  /// `X-Forwarded-For`.
  package static let xForwardedFor = HTTPField.Name.known("X-Forwarded-For")

  /// `Host`. The package has a place of its own for it in a request, and so hides the name.
  package static let hostField = HTTPField.Name.known("Host")

  /// A name that stands in our source, and so is a token. Not for names from outside.
  package static func known(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) isn't a header name") }
    return name
  }
}
