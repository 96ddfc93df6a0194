// MSG_PEEK and the like are the C library's, but belong to whichever of the two modules was loaded first.
import CMicroHTTPD
package import Clocks
import Glibc
import IPAddresses
import Synchronization

/// Keeps one listener's connections within their limits, which libmicrohttpd does in part only: its own timeout starts again with
/// each byte, and its limit for each address would count a proxy as one caller.
package final class ConnectionWatch: Sendable {
  let limits: ConnectionLimits
  private let clock: MonotonicClock
  /// What is between `notify` for a closed connection and its descriptor's reuse happens in libmicrohttpd, after we have let
  /// go of the lock: so under the lock a descriptor in the table is open, and still the same connection's.
  private let table: Mutex<ConnectionTable>
  private let trustedProxies: TrustedProxies
  private let refused = Atomic(0)
  private let expired = Atomic(0)

  package init(
    _ limits: ConnectionLimits = ConnectionLimits(), trustedProxies: TrustedProxies = TrustedProxies(),
    clock: MonotonicClock = .system
  ) {
    self.limits = limits
    self.clock = clock
    self.trustedProxies = trustedProxies
    table = Mutex(ConnectionTable(limits: limits))
  }

  /// For metrics.
  package var counts: ConnectionCounts {
    ConnectionCounts(
      open: table.withLock(\.count), refused: refused.load(ordering: .relaxed),
      expired: expired.load(ordering: .relaxed))
  }

  /// Whether one more connection from there is taken; then it counts, and its time begins.
  func admits(_ descriptor: Int32, from peer: IPAddress?) -> Bool {
    let address = counted(peer)
    let now = clock.now()
    let isAdmitted = table.withLock { table in
      if let address, table.isFull(address) { return false }
      table.open(descriptor, from: address)
      table.enter(.opened, descriptor, at: now)
      return true
    }
    guard !isAdmitted else { return true }
    refused.wrappingAdd(1, ordering: .relaxed)
    return false
  }

  func entered(_ phase: ConnectionPhase, _ descriptor: Int32) {
    let now = clock.now()
    table.withLock { $0.enter(phase, descriptor, at: now) }
  }

  func closed(_ descriptor: Int32) {
    table.withLock { $0.close(descriptor) }
  }

  /// Ends the connections whose time is over; libmicrohttpd, which owns them, sees that and closes them. To be called
  /// about once a second.
  package func closeExpired() {
    let now = clock.now()
    let count = table.withLock { table in
      let expired = table.takeExpired(at: now)
      for descriptor in expired { shutdown(descriptor, Int32(SHUT_RDWR)) }
      return expired.count
    }
    expired.wrappingAdd(count, ordering: .relaxed)
  }

  /// Ends the idle connections on which nothing waits to be read, to make room for others.
  func closeIdle() {
    table.withLock { table in
      for descriptor in table.idle {
        var byte: UInt8 = 0
        let isQuiet = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) <= 0
        if isQuiet { shutdown(descriptor, Int32(SHUT_RDWR)) }
      }
    }
  }

  private func counted(_ peer: IPAddress?) -> IPAddress? {
    peer.flatMap { trustedProxies.isTrusted($0) ? nil : $0 }
  }
}
