import GatewayCore

/// One filter of a search: it passes connections that have one of the values.
struct ConnectionFilter: Sendable {
  /// What can be filtered by.
  enum Name: String, Sendable, CaseIterable {
    case connectionID = "connection-id"
    case localDomainName = "local-domain-info.domain-name"
    case localOwnerID = "local-domain-info.owner-id"
    case localRegion = "local-domain-info.region"
    case remoteDomainName = "remote-domain-info.domain-name"
  }

  let name: Name
  let values: Set<String>

  /// - Throws: `ValidationException` if the name isn't known or there are no values, `SerializationException` if it is no
  ///   filter at all.
  init(_ shape: Shape) throws(AWSError) {
    let (text, values) = try AWSError.ifMisshapen { () throws(ShapeError) in
      (try shape.string("Name") ?? "", try shape.strings("Values") ?? [])
    }
    guard let name = Name(rawValue: text) else {
      let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
      throw .validation("'\(text)' at 'filters.member.name'", "Member must be one of [\(known)]")
    }
    guard !values.isEmpty else {
      throw .validation("'[]' at 'filters.member.values'", "Member must have length greater than or equal to 1")
    }
    for value in values where !Self.isNonEmptyString(value) {
      throw .validation(
        "'\(value)' at 'filters.member.values.member'",
        "Member must have length from 1 to 100 and satisfy regular expression pattern: [a-zA-Z0-9\\-\\_\\.]+")
    }
    self.name = name
    self.values = Set(values)
  }

  /// The model's `NonEmptyString`.
  private static func isNonEmptyString(_ text: String) -> Bool {
    (1...100).contains(text.utf8.count)
      && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: "-_.") }
  }

  func matches(_ connection: InboundConnection) -> Bool {
    value(in: connection).map(values.contains) ?? false
  }

  private func value(in connection: InboundConnection) -> String? {
    switch name {
    case .connectionID: connection.id.description
    case .localDomainName: connection.local?.domainName
    case .localOwnerID: connection.local?.ownerID
    case .localRegion: connection.local?.region
    case .remoteDomainName: connection.remote?.domainName
    }
  }
}
