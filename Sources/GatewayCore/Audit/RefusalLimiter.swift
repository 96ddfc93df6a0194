package import Clocks

/// Decides which refused calls are written down one by one, and counts the others, so that a flood of them fills no disk.
///
/// Each client address may have `rate` refusals a second written, and `burst` at once (a token bucket). What goes beyond
/// is counted for its address. An IPv6 client is its network of 64 bits, since it has all of its addresses to choose from.
/// Only so many addresses are told apart; while there are more, the others are one, called `other`.
///
/// Every refusal that it is told of is either admitted or in exactly one count.
package struct RefusalLimiter: Sendable {
  /// Refusals a second that are written for one address.
  package static let rate = 10
  /// Refusals that are written at once for an address that was quiet.
  package static let burst = 50
  /// How many addresses are told apart.
  package static let addressLimit = 1024
  /// What stands for the addresses beyond.
  package static let otherAddresses = "other"
  /// How long a count may wait to be written. The promise is 10 s; this leaves time to do it.
  package static let longestWait = Duration.seconds(8)

  private struct Address {
    /// When the bucket will be full again.
    var fullAt: MonotonicClock.Instant
    /// The refusals that aren't in any record yet.
    var counted: Suppression?
  }

  private static let interval = Duration.seconds(1) / rate
  /// How often addresses that have gone quiet are looked for, when there is no room for a new one.
  private static let sweepInterval = Duration.seconds(1)

  private var addresses: [String: Address] = [:]
  private var nextSweep: MonotonicClock.Instant?
  private var dueAt: MonotonicClock.Instant?
  /// How many refusals were counted instead of written.
  package private(set) var total = 0

  package init() {}

  /// How many addresses it knows of.
  package var addressCount: Int {
    addresses.count
  }

  /// Whether the refusal is to be written; else it is counted.
  package mutating func admits(_ client: Client, at now: MonotonicClock.Instant, time: Timestamp) -> Bool {
    let name = name(of: client, at: now)
    let fullAt = max(addresses[name]?.fullAt ?? now, now) + Self.interval
    guard fullAt - now <= Self.interval * Self.burst else {
      count(1, of: name, since: time, at: now)
      return false
    }
    addresses[name, default: Address(fullAt: fullAt)].fullAt = fullAt
    return true
  }

  /// Counts a refusal that was to be written and couldn't be.
  package mutating func count(_ client: Client, at now: MonotonicClock.Instant, time: Timestamp) {
    count(1, of: name(of: client, at: now), since: time, at: now)
  }

  /// Whether counts have waited long enough.
  package func isDue(at now: MonotonicClock.Instant) -> Bool {
    dueAt.map { $0 <= now } ?? false
  }

  /// What was counted since the last time, to be written now.
  package mutating func takeCounts(at now: MonotonicClock.Instant) -> [Suppression] {
    let counts = addresses.values.compactMap(\.counted)
    for name in addresses.keys { addresses[name]?.counted = nil }
    removeQuietAddresses(now)
    dueAt = nil
    return counts.sorted { ($0.since, $0.address) < ($1.since, $1.address) }
  }

  /// Takes counts back that couldn't be written. They are due at once.
  package mutating func putBack(_ counts: [Suppression], at now: MonotonicClock.Instant) {
    for count in counts {
      // A count that was taken is already in the total.
      total -= Int(count.count)
      let name = addresses[count.address] == nil ? nameOfNew(count.address, at: now) : count.address
      self.count(count.count, of: name, since: count.since, at: now)
    }
    if !counts.isEmpty { dueAt = now }
  }

  private mutating func count(
    _ number: Int64, of name: String, since time: Timestamp, at now: MonotonicClock.Instant
  ) {
    let known = addresses[name]?.counted
    addresses[name, default: Address(fullAt: now)].counted = Suppression(
      address: name, count: (known?.count ?? 0) + number, since: min(known?.since ?? time, time))
    dueAt = dueAt ?? now + Self.longestWait
    total += Int(number)
  }

  private mutating func name(of client: Client, at now: MonotonicClock.Instant) -> String {
    let network = client.network
    return addresses[network] == nil ? nameOfNew(network, at: now) : network
  }

  private mutating func nameOfNew(_ network: String, at now: MonotonicClock.Instant) -> String {
    if addresses.count >= Self.addressLimit, nextSweep.map({ $0 <= now }) ?? true {
      removeQuietAddresses(now)
      nextSweep = now + Self.sweepInterval
    }
    return addresses.count < Self.addressLimit ? network : Self.otherAddresses
  }

  /// An address whose bucket is full, and of which nothing is counted, is as good as unknown.
  private mutating func removeQuietAddresses(_ now: MonotonicClock.Instant) {
    addresses = addresses.filter { $1.fullAt > now || $1.counted != nil }
  }
}
