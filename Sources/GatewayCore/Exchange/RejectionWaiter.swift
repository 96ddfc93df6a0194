package import Clocks

/// Looks a rejected connection up until AWS is done with it (`?wait=`).
package struct RejectionWaiter: Sendable {
  private static let firstPause = Duration.milliseconds(500)
  private static let longestPause = Duration.seconds(5)

  private let lookUps: any LookUpService
  private let inFlight: InFlight
  private let clock: MonotonicClock
  private let sleep: @Sendable (Duration) async -> Void
  private let isStopping: @Sendable () -> Bool

  /// - Parameters:
  ///   - sleep: returns when the time is over, or earlier if the gateway stops.
  ///   - isStopping: whether to answer with what there is.
  package init(
    lookUps: any LookUpService, inFlight: InFlight, clock: MonotonicClock,
    sleep: @escaping @Sendable (Duration) async -> Void, isStopping: @escaping @Sendable () -> Bool
  ) {
    self.lookUps = lookUps
    self.inFlight = inFlight
    self.clock = clock
    self.sleep = sleep
    self.isStopping = isStopping
  }

  /// The connection as it was seen last: `REJECTED`, or whatever it is when the time is over.
  ///
  /// - Parameters:
  ///   - connection: as the reject's answer had it.
  ///   - seen: is told what came of each look-up.
  func wait(
    for id: ConnectionID, since connection: Connection, permit: LookUpPermit, until deadline: MonotonicClock.Instant,
    seen: (LookUpReport) -> Void
  ) async -> Connection {
    var last = connection
    var pause = Self.firstPause
    while last.status != "REJECTED", clock.now() < deadline, !isStopping() {
      await sleep(min(pause, deadline - clock.now()))
      pause = min(pause * 2, Self.longestPause)
      guard clock.now() < deadline, let shown = await lookUp(id, permit, deadline, seen) else { continue }
      // A look-up lags: what it shows may be older than the reject's own answer.
      if shown.isRejected { last = shown }
    }
    return last
  }

  /// `nil` if the look-up shows nothing: it failed, or there are too many calls under way already.
  private func lookUp(
    _ id: ConnectionID, _ permit: LookUpPermit, _ deadline: MonotonicClock.Instant, _ seen: (LookUpReport) -> Void
  ) async -> Connection? {
    guard (try? inFlight.enterRead()) != nil else { return nil }
    defer { inFlight.leaveRead() }
    let report = await lookUps.lookUp(ConnectionQuery(id), permit: permit, deadline: deadline)
    seen(report)
    return try? LookUpTranslation.connection(id, from: report)
  }
}
