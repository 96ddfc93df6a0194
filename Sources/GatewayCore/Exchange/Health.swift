import HTTPTypes

/// `/livez` and `/readyz`: the process runs; it can do its job.
package struct Health: Sendable {
  /// One thing the gateway needs. The state alone is shown, and nothing an outsider shouldn't know.
  package struct Check: Sendable {
    package let name: String
    package let isPassing: @Sendable () async -> Bool

    package init(name: String, isPassing: @escaping @Sendable () async -> Bool) {
      self.name = name
      self.isPassing = isPassing
    }
  }

  private let checks: [Check]

  package init(checks: [Check]) {
    self.checks = checks
  }

  /// Always 200: that it is answered is the answer.
  package var live: Response {
    .json(.object([("status", "ok")]))
  }

  /// 200 if every check passes and the gateway isn't stopping, else 503.
  package func ready(isStopping: Bool) async -> Response {
    var isReady = !isStopping
    var states: [JSON] = []
    for check in checks {
      let isPassing = await check.isPassing()
      isReady = isReady && isPassing
      states.append(.object([("name", .string(check.name)), ("status", isPassing ? "ok" : "failing")]))
    }
    if isStopping { states.append(.object([("name", "serving"), ("status", "failing")])) }
    let document = JSON.object([("status", isReady ? "ready" : "not_ready"), ("checks", .array(states))])
    return .json(document, status: isReady ? .ok : .serviceUnavailable)
  }
}
