/// How many connections there may be, and how long each may take over what.
///
/// The times count from the phase's beginning, whatever comes meanwhile: a sender of a byte now and then has no more time
/// than one that is silent.
package struct ConnectionLimits: Sendable {
  /// Connections at one time; beyond it they wait in the kernel's queue.
  package var connections = 4096
  /// Connections at one time from one address; beyond it they are closed as they come. Trusted proxies have no such limit,
  /// nor have the peers of a UNIX socket: all callers may stand behind one of them.
  package var perAddress = 4096
  /// For the first request's head.
  package var headTime = Duration.seconds(10)
  /// For a request's body.
  package var bodyTime = Duration.seconds(10)
  /// For the client to take an answer.
  package var answerTime = Duration.seconds(30)
  /// From an answer to the end of the next request's head.
  package var idleTime = Duration.seconds(30)

  package init() {}

  func time(for phase: ConnectionPhase) -> Duration? {
    switch phase {
    case .opened: headTime
    case .body: bodyTime
    case .handling: nil
    case .answering: answerTime
    case .idle: idleTime
    }
  }
}
