package import HTTPTypes

/// Every error a caller can get, by the name that programs test.
package enum ProblemCode: String, Sendable, CaseIterable {
  case invalidRequest = "invalid_request"
  case unauthenticated
  case insufficientScope = "insufficient_scope"
  case routeNotFound = "route_not_found"
  case methodNotAllowed = "method_not_allowed"
  case bodyTooLarge = "body_too_large"
  case unsupportedMediaType = "unsupported_media_type"
  case headersTooLarge = "headers_too_large"
  case notImplemented = "not_implemented"
  case rateLimited = "rate_limited"
  case connectionNotFound = "connection_not_found"
  case connectionNotRejectable = "connection_not_rejectable"
  case upstreamValidation = "upstream_validation"
  case upstreamThrottled = "upstream_throttled"
  case upstreamDenied = "upstream_denied"
  case upstreamError = "upstream_error"
  case upstreamUnreachable = "upstream_unreachable"
  case upstreamTimeout = "upstream_timeout"
  case credentialsUnavailable = "credentials_unavailable"
  case auditUnavailable = "audit_unavailable"
  case overloaded

  /// The one HTTP status that goes with it.
  package var status: HTTPResponse.Status {
    switch self {
    case .invalidRequest: .badRequest
    case .unauthenticated: .unauthorized
    case .insufficientScope: .forbidden
    case .routeNotFound, .connectionNotFound: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .bodyTooLarge: .contentTooLarge
    case .unsupportedMediaType: .unsupportedMediaType
    case .headersTooLarge: .requestHeaderFieldsTooLarge
    case .notImplemented: .notImplemented
    case .rateLimited: .tooManyRequests
    case .connectionNotRejectable: .conflict
    case .upstreamValidation: .unprocessableContent
    case .upstreamDenied, .upstreamError, .upstreamUnreachable: .badGateway
    case .upstreamTimeout: .gatewayTimeout
    case .upstreamThrottled, .credentialsUnavailable, .auditUnavailable, .overloaded: .serviceUnavailable
    }
  }

  /// The same few words for every problem of this kind (RFC 9457, section 3.1.3).
  package var title: String {
    switch self {
    case .invalidRequest: "Invalid request"
    case .unauthenticated: "Not authenticated"
    case .insufficientScope: "The token may not do this"
    case .routeNotFound: "No such path"
    case .methodNotAllowed: "Method not allowed"
    case .bodyTooLarge: "Body too large"
    case .unsupportedMediaType: "Unsupported media type"
    case .headersTooLarge: "Headers too large"
    case .notImplemented: "Not implemented"
    case .rateLimited: "Too many requests"
    case .connectionNotFound: "Connection not found"
    case .connectionNotRejectable: "The connection can't be rejected"
    case .upstreamValidation: "AWS refused the request as invalid"
    case .upstreamThrottled: "AWS throttles"
    case .upstreamDenied: "AWS refused the gateway's credentials or rights"
    case .upstreamError: "AWS failed or wasn't understood"
    case .upstreamUnreachable: "AWS can't be reached"
    case .upstreamTimeout: "No answer from AWS"
    case .credentialsUnavailable: "No usable AWS credentials"
    case .auditUnavailable: "The audit log can't be written"
    case .overloaded: "Overloaded or stopping"
    }
  }
}
