/// What a token lets its bearer do.
package enum Scope: String, Sendable, CaseIterable {
  /// Refuse a connection.
  case reject = "connections:reject"
  /// Look connections up.
  case read = "connections:read"
}
