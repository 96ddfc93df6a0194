/// A call to `GET /connections/{id}` that is well-formed and allowed.
package struct GetCall: AuditedCall {
  package let request: Request
  package let caller: Caller
  package let id: ConnectionID

  package var connectionID: ConnectionID? { id }
  package var action: AuditAction { .get }
  package var reason: String? { nil }

  /// - Throws: `invalid_request`.
  package init(_ request: Request, id: String, caller: Caller) throws(Problem) {
    self.id = try ConnectionID.checked(id)
    _ = try QueryParameters(request.target.query, allowed: [])
    self.request = request
    self.caller = caller
  }
}
