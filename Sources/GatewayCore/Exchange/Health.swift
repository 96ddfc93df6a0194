import HTTPTypes

/// `/livez` and `/readyz`: the process runs; it can do its job.
package struct Health: Sendable {
  /// How something the gateway needs is, and why, for whoever runs it.
  package enum State: Sendable, Equatable {
    case ok
    /// It works, and won't for long.
    case warning(String)
    case failing(String)
  }

  /// One thing the gateway needs.
  package struct Check: Sendable {
    package let name: String
    package let state: @Sendable () async -> State

    package init(name: String, state: @escaping @Sendable () async -> State) {
      self.name = name
      self.state = state
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

  /// 200 if no check fails and the gateway isn't stopping, else 503.
  ///
  /// - Parameter showsReasons: whether it is told why, too: nothing for outsiders.
  package func ready(isStopping: Bool, showsReasons: Bool = false) async -> Response {
    var isReady = !isStopping
    var states: [JSON] = []
    for check in checks {
      let (status, reason): (String, String?) =
        switch await check.state() {
        case .ok: ("ok", nil)
        case .warning(let reason): ("warning", reason)
        case .failing(let reason): ("failing", reason)
        }
      isReady = isReady && status != "failing"
      states.append(
        .object([
          ("name", .string(check.name)), ("status", .string(status)),
          ("reason", showsReasons ? reason.map(JSON.string) : nil),
        ]))
    }
    if isStopping { states.append(.object([("name", "serving"), ("status", "failing")])) }
    let document = JSON.object([("status", isReady ? "ready" : "not_ready"), ("checks", .array(states))])
    return .json(document, status: isReady ? .ok : .serviceUnavailable)
  }
}
