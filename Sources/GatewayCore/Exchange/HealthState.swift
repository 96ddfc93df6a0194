/// How it stands with one thing the gateway needs.
package enum HealthState: Sendable, Equatable {
  case ok
  /// It does its job, and soon may not. The reason is for operators; never a secret.
  case warning(String)
  /// It doesn't do its job.
  case failing(String)

  package var isFailing: Bool {
    if case .failing = self { true } else { false }
  }

  /// As readiness calls it.
  package var name: String {
    switch self {
    case .ok: "ok"
    case .warning: "warning"
    case .failing: "failing"
    }
  }

  package var reason: String? {
    switch self {
    case .ok: nil
    case .warning(let reason), .failing(let reason): reason
    }
  }
}
