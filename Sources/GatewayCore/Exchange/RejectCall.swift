import FoundationEssentials
import HTTPTypes

/// A call to `POST /connections/{id}/reject` that is well-formed and allowed.
package struct RejectCall: Sendable {
  /// The longest `reason`, in characters.
  package static let reasonLimit = 512

  package let request: Request
  package let caller: Caller
  package let connectionID: ConnectionID
  package let reason: String?

  /// Checks everything the caller sent, in the order of README's "Life of a request".
  ///
  /// - Throws: `invalid_request`, `unsupported_media_type` or `body_too_large`.
  package init(_ request: Request, id: String, caller: Caller) throws(Problem) {
    guard let connectionID = ConnectionID(id) else {
      throw Problem(
        .invalidRequest,
        "The connection id has to be 10-256 characters of a-z, 0-9 and '-', starting with a letter.")
    }
    if let query = request.target.query, !query.isEmpty {
      throw Self.unknownParameter(in: query)
    }
    self.request = request
    self.caller = caller
    self.connectionID = connectionID
    self.reason = try Self.reason(in: request)
  }

  private static func unknownParameter(in query: String) -> Problem {
    let name = query.prefix(while: { $0 != "=" && $0 != "&" })
    let isPlain = name.utf8.count <= 64 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    let named = isPlain && !name.isEmpty ? "The query parameter '\(Redaction.redact(String(name)))'" : "The query"
    return Problem(.invalidRequest, "\(named) isn't known here; this call takes none. Nothing was sent.")
  }

  /// `application/json`, with any parameters but a `charset` other than the one that JSON has.
  private static func isJSON(_ contentType: String) -> Bool {
    let parts = contentType.lowercased().split(separator: ";", omittingEmptySubsequences: false).map(\.trimmed)
    return parts[0] == "application/json"
      && parts.dropFirst().allSatisfy {
        !$0.hasPrefix("charset=") || ["charset=utf-8", "charset=\"utf-8\""].contains($0)
      }
  }

  private static func reason(in request: Request) throws(Problem) -> String? {
    guard request.body != .complete([]) else { return nil }
    guard isJSON(request.fields[.contentType] ?? "") else {
      throw Problem(
        .unsupportedMediaType, "The body has to be JSON: send 'Content-Type: application/json'.",
        fields: [HTTPField.Name.accept: "application/json"])
    }
    guard case .complete(let body) = request.body else {
      throw Problem(.bodyTooLarge, "The body may have at most \(Framing.bodyLimit) bytes.")
    }
    let reason = try RejectBody(body).reason
    if let reason, reason.unicodeScalars.count > reasonLimit {
      throw Problem(.invalidRequest, "The member 'reason' may have at most \(reasonLimit) characters.")
    }
    return reason
  }
}
