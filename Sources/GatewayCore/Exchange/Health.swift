import HTTPTypes

/// `/livez` and `/readyz`: the process runs; it can do its job.
package struct Health: Sendable {
  /// One thing the gateway needs.
  package struct Check: Sendable {
    package let name: String
    package let state: @Sendable () async -> HealthState

    package init(name: String, state: @escaping @Sendable () async -> HealthState) {
      self.name = name
      self.state = state
    }
  }

  /// Who asks for the readiness.
  package enum Audience: Sendable {
    /// Anyone: is shown states alone, and nothing an outsider shouldn't know.
    case outsiders
    /// Whoever runs the gateway, on the admin listener: is told why as well.
    case operators
  }

  private let checks: [Check]

  package init(checks: [Check]) {
    self.checks = checks
  }

  /// Always 200: that it is answered is the answer.
  package var live: Response {
    .json(.object([("status", "ok")]))
  }

  /// 200 if no check fails and the gateway isn't stopping, else 503.
  package func ready(isStopping: Bool, for audience: Audience) async -> Response {
    var isReady = !isStopping
    var states: [JSON] = []
    for check in checks {
      let state = await check.state()
      isReady = isReady && !state.isFailing
      let detail = audience == .operators ? state.reason : nil
      states.append(
        .object([("name", .string(check.name)), ("status", .string(state.name)), ("detail", detail.map(JSON.string))]))
    }
    if isStopping { states.append(.object([("name", "serving"), ("status", "failing")])) }
    let document = JSON.object([("status", isReady ? "ready" : "not_ready"), ("checks", .array(states))])
    return .json(document, status: isReady ? .ok : .serviceUnavailable)
  }
}
