/// What a call asks for, as the audit calls it.
package enum AuditAction: String, Sendable {
  case reject = "connections.reject"
}
