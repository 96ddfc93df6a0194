import GatewayCore

/// How the service behaves until it is told otherwise.
struct Settings: Sendable, Equatable {
  /// How many seconds AWS's clock is ahead of the machine's.
  var clockOffset = 0
  /// How long a connection is REJECTING before it is REJECTED.
  var rejectingTime = Duration.zero
  /// How far look-ups are behind; `nil` for not at all.
  var lag: Lag?
  /// How long pages are; `nil` for as long as they can be.
  var pageLengths: PageLengths?
  /// What the answers' `Date` says; `nil` for what AWS's clock says.
  var date: DateHeader?

  var json: JSON {
    .object([
      ("clockOffsetSeconds", .integer(Int64(clockOffset))),
      ("rejectingForMs", .integer(rejectingTime.milliseconds)),
      ("lag", lag?.json ?? .null),
      ("pageLengths", pageLengths?.json ?? .null),
      ("date", date?.json ?? .null),
    ])
  }
}
