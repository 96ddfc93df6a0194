/// What a path and a method lead to.
package enum Route: Sendable, Equatable {
  /// `POST /connections/{id}/reject`; the id is still unchecked text.
  case reject(id: String)
  /// `GET /connections/{id}`.
  case connection(id: String)
  /// `GET /connections`.
  case connections
  case livez
  case readyz
  case openAPI
  /// `GET /`, for people.
  case page
  /// A browser asks if a page may call this path, which has these methods.
  case preflight(methods: [String])
}

extension Route {
  /// The route's name in logs and metrics; a closed set, unlike the paths.
  package var name: String {
    switch self {
    case .reject: "reject"
    case .connection: "connection"
    case .connections: "connections"
    case .livez: "livez"
    case .readyz: "readyz"
    case .openAPI: "openapi"
    case .page: "page"
    case .preflight: "preflight"
    }
  }

  /// What the audit calls it; `nil` for what leaves no record.
  package var action: AuditAction? {
    switch self {
    case .reject: .reject
    case .connection: .get
    case .connections: .list
    case .livez, .readyz, .openAPI, .page, .preflight: nil
    }
  }
}
