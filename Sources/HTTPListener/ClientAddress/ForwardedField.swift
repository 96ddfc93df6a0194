import GatewayCore
import IPAddresses

/// `Forwarded` (RFC 7239, section 4): a list of elements, the nearest proxy's last.
///
///     Forwarded         = 1#forwarded-element
///     forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
///     forwarded-pair    = token "=" ( token / quoted-string )
///
/// Read to the letter: white space may stand around a comma, and nowhere else outside of quotes. An element without `for`,
/// or with nothing in it at all, is one that doesn't say who called.
struct ForwardedField {
  private var rest: ArraySlice<UInt8>

  private init(_ value: String) {
    rest = Array(value.utf8)[...]
  }

  /// Who called, element by element; `nil` where that isn't told.
  ///
  /// - Parameter values: the header lines in their order.
  /// - Throws: if one of them isn't well-formed, anywhere.
  static func hops(_ values: [String]) throws(FramingViolation) -> [IPAddress?] {
    var hops: [IPAddress?] = []
    for value in values {
      var field = ForwardedField(value)
      repeat {
        field.skipWhitespace()
        hops.append(try field.element())
        field.skipWhitespace()
      } while field.take(",")
      guard field.rest.isEmpty else { throw violation }
    }
    return hops
  }

  private static let violation = FramingViolation(
    "The header Forwarded isn't written as RFC 7239 asks, such as 'for=192.0.2.1;proto=https, for=\"[2001:db8::1]\"'.")

  /// The address behind `for`.
  private mutating func element() throws(FramingViolation) -> IPAddress? {
    var names: Set<String> = []
    var address: IPAddress?
    repeat {
      guard let first = rest.first, first != UInt8(ascii: ";"), Self.isTokenByte(first) else { continue }
      let name = try token().lowercased()
      guard take("=") else { throw Self.violation }
      let value = take("\"") ? try quotedRest() : try token()
      guard names.insert(name).inserted else { throw Self.violation }
      guard name == "for" else { continue }
      guard let node = ForwardedNode(value[...]) else { throw Self.violation }
      if case .address(let named) = node { address = named }
    } while take(";")
    return address
  }

  /// RFC 9110, section 5.6.2.
  private mutating func token() throws(FramingViolation) -> String {
    let bytes = rest.prefix(while: Self.isTokenByte)
    guard !bytes.isEmpty else { throw Self.violation }
    rest = rest[bytes.endIndex...]
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A quoted string (RFC 9110, section 5.6.4) behind its first quote, as what it stands for.
  private mutating func quotedRest() throws(FramingViolation) -> String {
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { throw Self.violation }
        bytes.append(escaped)
      default: bytes.append(byte)
      }
    }
    throw Self.violation
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func skipWhitespace() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || byte.isOne(of: "!#$%&'*+-.^_`|~")
  }
}
