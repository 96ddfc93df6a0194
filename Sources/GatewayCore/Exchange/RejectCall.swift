import HTTPTypes

/// A call to `POST /connections/{id}/reject` that is well-formed and allowed.
package struct RejectCall: AuditedCall {
  /// What is done with it.
  package enum Mode: Sendable, Equatable {
    /// The reject is sent; then the connection is looked up until it is `REJECTED`, for so long at the most.
    case send(wait: Duration)
    /// The connection is looked up, and the answer says what would happen.
    case dryRun
  }

  /// The longest `reason`, in characters.
  package static let reasonLimit = 512
  /// The longest `wait`.
  package static let longestWait = Duration.seconds(60)

  package let request: Request
  package let caller: Caller
  package let id: ConnectionID
  package let reason: String?
  package let mode: Mode

  package var connectionID: ConnectionID? { id }
  package var action: AuditAction { mode == .dryRun ? .rejectDryRun : .reject }

  /// Checks everything the caller sent, in the order of README's "Life of a request".
  ///
  /// - Throws: `invalid_request`, `body_too_large` or `unsupported_media_type`.
  package init(_ request: Request, id: String, caller: Caller) throws(Problem) {
    self.id = try ConnectionID.checked(id)
    self.mode = try Self.mode(QueryParameters(request.target.query, allowed: ["dryRun", "wait"]))
    self.request = request
    self.caller = caller
    self.reason = try Self.reason(in: request)
  }

  private static func mode(_ query: QueryParameters) throws(Problem) -> Mode {
    let wait = query["wait"].map { DurationText.duration($0) }
    if case .some(let duration) = wait, duration.map({ $0 <= longestWait }) != true {
      throw Problem(.invalidRequest, "The query parameter 'wait' has to be a duration up to 60s, such as 30s.")
    }
    switch query["dryRun"] {
    case nil, "false": return .send(wait: (wait ?? nil) ?? .zero)
    // There is nothing to wait for, since nothing is rejected.
    case "true": return .dryRun
    default: throw Problem(.invalidRequest, "The query parameter 'dryRun' has to be true or false.")
    }
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

extension ConnectionID {
  /// - Throws: `invalid_request`, if the text isn't an id.
  static func checked(_ text: String) throws(Problem) -> ConnectionID {
    guard let id = ConnectionID(text) else {
      throw Problem(
        .invalidRequest,
        "The connection id has to be 10-256 characters of a-z, 0-9 and '-', starting with a letter.")
    }
    return id
  }
}
