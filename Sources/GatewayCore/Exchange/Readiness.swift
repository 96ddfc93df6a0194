/// How it stands with each thing the gateway needs, at one time.
package struct Readiness: Sendable {
  package let checks: [(name: String, state: HealthState)]

  package init(checks: [(name: String, state: HealthState)]) {
    self.checks = checks
  }

  /// Whether the gateway can do its job: no check fails.
  package var isReady: Bool {
    !checks.contains { $0.state.isFailing }
  }
}
