/// What became of the connection, as far as anyone can know (README, "The HTTP contract").
package enum Outcome: String, Sendable {
  /// Nothing reached AWS.
  case notSent = "not_sent"
  /// AWS was asked, and this call rejected nothing: AWS refused, or it was a look-up.
  case notRejected = "not_rejected"
  /// AWS took the reject.
  case rejected
  /// A reject may have reached AWS, and what it did with it isn't known.
  case unknown
}
