import FoundationEssentials

/// The parameters of a query, each known and named once.
struct QueryParameters {
  private let values: [String: String]

  /// Reads the query.
  ///
  /// - Parameter allowed: the names there may be.
  /// - Throws: `invalid_request`, naming the parameter: one that isn't known would do nothing, and a call that counts on
  ///   it must not go on.
  init(_ query: String?, allowed: Set<String>) throws(Problem) {
    guard let query else {
      values = [:]
      return
    }
    let components = URLComponents(string: "/?\(query)", encodingInvalidCharacters: false)
    guard let items = components?.queryItems, let encoded = components?.percentEncodedQueryItems else {
      throw Problem(.invalidRequest, "The query isn't percent-encoded as it has to be.")
    }
    var values: [String: String] = [:]
    // `a=1&` is fine. A name that isn't UTF-8 is decoded to an empty one as well, and isn't.
    for (item, encoded) in zip(items, encoded) where !(encoded.name.isEmpty && encoded.value == nil) {
      guard allowed.contains(item.name) else { throw Self.unknown(item.name, allowed) }
      guard let value = item.value, !value.isEmpty else {
        throw Problem(.invalidRequest, "The query parameter '\(item.name)' has no value.")
      }
      guard values.updateValue(value, forKey: item.name) == nil else {
        throw Problem(.invalidRequest, "The query parameter '\(item.name)' stands more than once.")
      }
    }
    self.values = values
  }

  subscript(name: String) -> String? {
    values[name]
  }

  private static func unknown(_ name: String, _ allowed: Set<String>) -> Problem {
    let isPlain =
      (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: "_") }
    let named = isPlain ? "The query parameter '\(Redaction.redact(name))'" : "One of the query parameters"
    let known = allowed.isEmpty ? "this call takes none" : "there are \(allowed.sorted().joined(separator: ", "))"
    return Problem(.invalidRequest, "\(named) isn't known; \(known). Nothing was sent.")
  }
}
