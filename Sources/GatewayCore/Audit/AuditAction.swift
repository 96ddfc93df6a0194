/// What a call asks for, as the audit calls it.
package enum AuditAction: String, Sendable {
  case reject = "connections.reject"
  case rejectDryRun = "connections.reject.dry_run"
  case get = "connections.get"
  case list = "connections.list"
}
