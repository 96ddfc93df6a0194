import GatewayCore

/// What a request asks of the service, by method and path (botocore's model of the API version 2021-01-01).
enum Operation: Sendable, Equatable {
  /// The id is as it stands in the path, of whatever form.
  case reject(id: String)
  case describe

  private static let prefix = "/2021-01-01/opensearch/cc/inboundConnection/"

  /// `nil` for anything else.
  init?(method: String, path: String) {
    guard path.hasPrefix(Self.prefix) else { return nil }
    let rest = path.dropFirst(Self.prefix.count).split(separator: "/", omittingEmptySubsequences: false)
    switch (method, rest.count, rest.last) {
    case ("PUT", 2, "reject"): self = .reject(id: String(rest[0]))
    case ("POST", 1, "search"): self = .describe
    default: return nil
    }
  }

  /// AWS's name for it.
  var name: OperationName {
    switch self {
    case .reject: .reject
    case .describe: .describe
    }
  }

  /// The connection that a reject is about.
  var connectionID: String? {
    switch self {
    case .reject(let id): id
    case .describe: nil
    }
  }
}
