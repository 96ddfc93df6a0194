/// Which connections: the one with an id, or all whose ids begin alike (`prefix-*`).
package enum ConnectionPattern: Sendable, Equatable, CustomStringConvertible {
  /// What a pattern has to be.
  package static let rule = "a connection id, or the beginning of one and a * (prefix-*)"

  case id(ConnectionID)
  case prefix(String)

  /// `nil` if the text isn't a pattern. `*` alone isn't one: it would restrict nothing.
  package init?(_ text: String) {
    guard text.utf8.last == UInt8(ascii: "*") else {
      guard let id = ConnectionID(text) else { return nil }
      self = .id(id)
      return
    }
    let beginning = text.utf8.dropLast()
    guard (1...255).contains(beginning.count), beginning.first?.isASCIILowercase == true,
      beginning.allSatisfy({ $0.isASCIILowercase || $0.isASCIIDigit || $0.isOne(of: "-") })
    else { return nil }
    self = .prefix(String(text.dropLast()))
  }

  /// As it is read.
  package var description: String {
    switch self {
    case .id(let id): id.description
    case .prefix(let beginning): "\(beginning)*"
    }
  }

  /// Whether it stands for the connection with this id.
  package func matches(_ id: String) -> Bool {
    switch self {
    case .id(let own): own.description == id
    case .prefix(let beginning): id.utf8.starts(with: beginning.utf8)
    }
  }
}
