import IPAddresses

/// The open connections: how many each address has, and until when each may stay in its phase.
struct ConnectionTable: Sendable {
  typealias Instant = ContinuousClock.Instant

  private struct Entry {
    let address: IPAddress?
    /// `nil` for as long as it takes.
    var until: Instant?
    var isIdle = false
  }

  private let limits: ConnectionLimits
  /// By the socket's descriptor.
  private var entries: [Int32: Entry] = [:]
  private var counts: [IPAddress: Int] = [:]

  init(limits: ConnectionLimits) {
    self.limits = limits
  }

  /// How many there are.
  var count: Int {
    entries.count
  }

  /// Whether an address has as many as it may.
  func isFull(_ address: IPAddress) -> Bool {
    counts[address, default: 0] >= limits.perAddress
  }

  /// A connection was accepted. It is in no phase yet, and has no time.
  ///
  /// - Parameter address: `nil` for a peer that isn't counted.
  mutating func open(_ descriptor: Int32, from address: IPAddress?) {
    close(descriptor)
    entries[descriptor] = Entry(address: address, until: nil)
    if let address { counts[address, default: 0] += 1 }
  }

  mutating func enter(_ phase: ConnectionPhase, _ descriptor: Int32, at now: Instant) {
    entries[descriptor]?.until = limits.time(for: phase).map { now + $0 }
    entries[descriptor]?.isIdle = phase == .idle
  }

  /// Those that were answered and haven't sent all of another request's head.
  var idle: [Int32] {
    entries.filter(\.value.isIdle).map(\.key)
  }

  mutating func close(_ descriptor: Int32) {
    guard let address = entries.removeValue(forKey: descriptor)?.address, let count = counts[address] else { return }
    counts[address] = count > 1 ? count - 1 : nil
  }

  /// Those whose time is over. Each is told once.
  mutating func takeExpired(at now: Instant) -> [Int32] {
    let expired = entries.filter { $1.until.map { $0 <= now } ?? false }.map(\.key)
    for descriptor in expired { entries[descriptor]?.until = nil }
    return expired
  }
}
