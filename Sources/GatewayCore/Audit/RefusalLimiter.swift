package import Clocks

/// Decides which refused calls are written down one by one, and counts the others, so that a flood of them fills no disk.
///
/// Each client address may have refusals written at `rate`. What goes beyond is counted for its address. An IPv6 client is
/// its network of 64 bits, since it has all of its addresses to choose from. Only so many addresses are told apart; while
/// there are more, the others are one.
///
/// Every refusal that it is told of is either admitted or in exactly one count.
package struct RefusalLimiter: Sendable {
  /// Refusals that are written for one address: a second, and at once if it was quiet.
  package static let rate = Rate(perSecond: 10, burst: 50)
  /// How many addresses are told apart.
  package static let addressLimit = 1024
  /// How long a count may wait to be written. The promise is 10 s; this leaves time to do it.
  package static let longestWait = Duration.seconds(8)

  /// What is known of an address. Not private: as a private type in a generic one it crashes the compiler (Swift 6.3.1).
  struct Address: Forgettable {
    var written: RateBucket
    /// The refusals that aren't in any record yet.
    var counted: Suppression?

    init(at now: MonotonicClock.Instant) {
      written = RateBucket(fullAt: now)
    }

    func isForgettable(at now: MonotonicClock.Instant) -> Bool {
      written.isForgettable(at: now) && counted == nil
    }
  }

  private var addresses = BoundedTable<Address>(limit: addressLimit)
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
    let name = addresses.name(for: client.network, at: now)
    var address = addresses[name] ?? Address(at: now)
    guard address.written.take(Self.rate, at: now) == .zero else {
      count(1, of: name, since: time, at: now)
      return false
    }
    addresses[name] = address
    return true
  }

  /// Counts a refusal that was to be written and couldn't be.
  package mutating func count(_ client: Client, at now: MonotonicClock.Instant, time: Timestamp) {
    count(1, of: addresses.name(for: client.network, at: now), since: time, at: now)
  }

  /// Whether counts have waited long enough.
  package func isDue(at now: MonotonicClock.Instant) -> Bool {
    dueAt.map { $0 <= now } ?? false
  }

  /// What was counted since the last time, to be written now.
  package mutating func takeCounts(at now: MonotonicClock.Instant) -> [Suppression] {
    let counts = addresses.all.compactMap(\.counted)
    addresses.changeAll { $0.counted = nil }
    addresses.forget(at: now)
    dueAt = nil
    return counts.sorted { ($0.since, $0.address) < ($1.since, $1.address) }
  }

  /// Takes counts back that couldn't be written. They are due at once.
  package mutating func putBack(_ counts: [Suppression], at now: MonotonicClock.Instant) {
    for count in counts {
      // A count that was taken is already in the total.
      total -= Int(count.count)
      self.count(count.count, of: addresses.name(for: count.address, at: now), since: count.since, at: now)
    }
    if !counts.isEmpty { dueAt = now }
  }

  private mutating func count(
    _ number: Int64, of name: String, since time: Timestamp, at now: MonotonicClock.Instant
  ) {
    var address = addresses[name] ?? Address(at: now)
    address.counted = Suppression(
      address: name, count: (address.counted?.count ?? 0) + number, since: min(address.counted?.since ?? time, time))
    addresses[name] = address
    dueAt = dueAt ?? now + Self.longestWait
    total += Int(number)
  }
}
