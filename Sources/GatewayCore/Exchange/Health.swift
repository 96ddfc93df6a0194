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

  /// The state of every check, in their order; while stopping there is one more, `serving`, which fails.
  package func readiness(isStopping: Bool) async -> Readiness {
    var states: [(name: String, state: HealthState)] = []
    for check in checks { states.append((check.name, await check.state())) }
    if isStopping { states.append(("serving", .failing("the gateway is stopping"))) }
    return Readiness(checks: states)
  }

  /// 200 if no check fails and the gateway isn't stopping, else 503.
  package func ready(isStopping: Bool, for audience: Audience) async -> Response {
    let readiness = await readiness(isStopping: isStopping)
    let states = readiness.checks.map { name, state in
      let detail = audience == .operators ? state.reason : nil
      return JSON.object([
        ("name", .string(name)), ("status", .string(state.name)), ("detail", detail.map(JSON.string)),
      ])
    }
    let document = JSON.object([("status", readiness.isReady ? "ready" : "not_ready"), ("checks", .array(states))])
    return .json(document, status: readiness.isReady ? .ok : .serviceUnavailable)
  }
}
