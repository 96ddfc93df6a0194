/// Where a connection stands, as far as it matters for how long that may last.
enum ConnectionPhase: Sendable {
  /// Nothing has come yet, or not all of the first request's head.
  case opened
  /// The head is there, the body isn't, or not all of it.
  case body
  /// The request is whole, and its answer isn't there yet. That may take what it takes: others see to it.
  case handling
  /// The answer is being sent.
  case answering
  /// It was answered, and the next request's head isn't there, or not all of it.
  case idle
}
