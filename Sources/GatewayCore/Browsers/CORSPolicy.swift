import HTTPTypes

/// Which pages' scripts may call from a browser and read the answers (Fetch standard, section 3.3, the CORS protocol).
///
/// Each origin by name, no wildcard, no credentials mode: what a call may do depends on the token in its header and on
/// nothing that a browser would add by itself.
package struct CORSPolicy: Sendable {
  private let origins: Set<String>

  /// What a script may send besides what every script may.
  private static let requestHeaders = "Authorization, Content-Type, X-Request-Id"
  /// What a script may read besides what every script may.
  private static let responseHeaders = "X-Request-Id, Retry-After, WWW-Authenticate, Allow"
  /// Seconds for which a browser needn't ask again.
  private static let maxAge = "600"

  /// Without any origin, nothing is answered in another way than to other clients.
  package init(_ origins: [Origin]) {
    self.origins = Set(origins.map(\.description))
  }

  /// Whether it is a browser's question, made by itself and without a token, if a page of an allowed origin may call.
  ///
  /// That of any other page is taken for what it would be without this: a method that the path doesn't have.
  package func takesPreflight(_ request: Request) -> Bool {
    request.method == "OPTIONS" && request.fields[.accessControlRequestMethod] != nil
      && allowedOrigin(of: request) != nil
  }

  /// "It may": the answer to a preflight for a path that has `methods`. Whether its own is among them, the browser finds
  /// out.
  package func preflightResponse(methods: [String]) -> Response {
    let fields: HTTPFields = [
      .accessControlAllowMethods: methods.joined(separator: ", "), .accessControlAllowHeaders: Self.requestHeaders,
      .accessControlMaxAge: Self.maxAge,
    ]
    return Response(status: .noContent, fields: fields)
  }

  /// Adds what lets the browser hand the response, a refusal as well, to a page of an allowed origin.
  package func add(to response: inout Response, for request: Request) {
    guard !origins.isEmpty else { return }
    // On each of them, or a cache could give one origin the answer for another.
    response.fields[.vary] = "Origin"
    guard let origin = allowedOrigin(of: request) else { return }
    response.fields[.accessControlAllowOrigin] = origin
    response.fields[.accessControlExposeHeaders] = Self.responseHeaders
  }

  /// Two `Origin` headers are read as one, with a comma in between, which no origin has.
  private func allowedOrigin(of request: Request) -> String? {
    request.fields[.origin].flatMap { origins.contains($0) ? $0 : nil }
  }
}
