import Clocks

/// Where a copy's lines go, one after another. Used by one thread.
protocol CopySink: AnyObject {
  /// Hands one line over; may take its time.
  func send(_ line: WrittenBatch.Line, time: Timestamp) throws(CopyFailure)
}

/// A line couldn't be handed over.
struct CopyFailure: Error, Equatable {
  /// For the gateway's log.
  let reason: String
  /// Whether the same line may get through later.
  let mayPass: Bool
}
