/// A call that is well-formed and allowed, as far as the audit has to know it.
package protocol AuditedCall: Sendable {
  var request: Request { get }
  var caller: Caller { get }
  var action: AuditAction { get }
  /// The connection it is about; `nil` for a list.
  var connectionID: ConnectionID? { get }
  var reason: String? { get }
}
