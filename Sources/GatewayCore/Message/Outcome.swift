/// What became of the connection, as far as anyone can know (README, "The HTTP contract").
package enum Outcome: String, Sendable {
  /// No reject reached AWS.
  case notSent = "not_sent"
  /// AWS was asked and refused: the connection is as it was.
  case notRejected = "not_rejected"
  /// AWS took the reject.
  case rejected
  /// A reject may have reached AWS, and what it did with it isn't known.
  case unknown
}
