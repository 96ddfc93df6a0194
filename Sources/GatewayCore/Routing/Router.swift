import HTTPTypes

/// Finds the route of a request. Paths are compared as they were sent: there is nothing to decode and nothing to
/// normalise, so no second spelling of a path leads anywhere.
package enum Router {
  /// The route of `request`.
  ///
  /// - Parameter cors: says which pages' browsers are told what a path takes.
  /// - Throws: `route_not_found`, or `method_not_allowed` with `Allow`.
  package static func route(_ request: Request, cors: CORSPolicy) throws(Problem) -> Route {
    guard let (route, methods) = match(path: request.target.path) else {
      throw Problem(.routeNotFound, "There is nothing at this path. GET /openapi.json lists what there is.")
    }
    if cors.takesPreflight(request) { return .preflight(methods: methods) }
    guard methods.contains(request.method) else {
      let allow = methods.joined(separator: ", ")
      throw Problem(.methodNotAllowed, "This path takes \(allow) only.", fields: [.allow: allow])
    }
    return route
  }

  /// Whether a request is a call that the audit has to know of: one under `/connections`, or a malformed one that some
  /// other reader could take for one.
  package static func isAudited(_ request: Request) -> Bool {
    let path = request.target.path
    return path == "/connections" || path.hasPrefix("/connections/")
      || (request.violation != nil && path.contains("/connections"))
  }

  private static let connections = "/connections/"
  private static let readMethods = ["GET", "HEAD"]

  private static func match(path: String) -> (Route, methods: [String])? {
    switch path {
    case "/": return (.page, readMethods)
    case "/livez": return (.livez, readMethods)
    case "/readyz": return (.readyz, readMethods)
    case "/openapi.json": return (.openAPI, readMethods)
    default:
      guard path != "/connections" else { return (.connections, readMethods) }
      guard path.hasPrefix(connections) else { return nil }
      let rest = Substring(path.utf8.dropFirst(connections.utf8.count))
      guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) else {
        return (.connection(id: String(rest)), readMethods)
      }
      return rest[slash...] == "/reject" ? (.reject(id: String(rest[..<slash])), ["POST"]) : nil
    }
  }
}
