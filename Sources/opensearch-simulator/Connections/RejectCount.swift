/// What the simulator knows of the rejects for one id, for tests to hold other people's words against.
struct RejectCount: Sendable, Equatable {
  /// With a valid signature, whatever became of them.
  var seen = 0
  /// Those that changed the connection's state.
  var applied = 0
}
