import IPAddresses

/// The open connections: how many each address has, and until when each may stay in its phase.
struct ConnectionTable: Sendable {
  typealias Instant = ContinuousClock.Instant

  private struct Entry {
    let descriptor: Int32
    let address: IPAddress?
    /// `nil` for as long as it takes.
    var until: Instant?
    var isIdle = false
  }

  private let limits: ConnectionLimits
  /// At the index of the socket's descriptor; the system gives out the smallest ones. Each call looks here several times.
  private var entries: [Entry?] = []
  private var counts: [IPAddress: Int] = [:]

  init(limits: ConnectionLimits) {
    self.limits = limits
  }

  /// How many there are.
  private(set) var count = 0

  /// Whether an address has as many as it may.
  func isFull(_ address: IPAddress) -> Bool {
    counts[address, default: 0] >= limits.perAddress
  }

  /// A connection was accepted. It is in no phase yet, and has no time.
  ///
  /// - Parameter address: `nil` for a peer that isn't counted.
  mutating func open(_ descriptor: Int32, from address: IPAddress?) {
    close(descriptor)
    let missing = Int(descriptor) - entries.count + 1
    if missing > 0 { entries += [Entry?](repeating: nil, count: missing) }
    entries[Int(descriptor)] = Entry(descriptor: descriptor, address: address, until: nil)
    count += 1
    if let address { counts[address, default: 0] += 1 }
  }

  mutating func enter(_ phase: ConnectionPhase, _ descriptor: Int32, at now: Instant) {
    guard let index = index(of: descriptor) else { return }
    entries[index]?.until = limits.time(for: phase).map { now + $0 }
    entries[index]?.isIdle = phase == .idle
  }

  /// Those that were answered and haven't sent all of another request's head.
  var idle: [Int32] {
    entries.compactMap { $0.flatMap { $0.isIdle ? $0.descriptor : nil } }
  }

  mutating func close(_ descriptor: Int32) {
    guard let index = index(of: descriptor), let entry = entries[index] else { return }
    entries[index] = nil
    count -= 1
    guard let address = entry.address, let ofAddress = counts[address] else { return }
    counts[address] = ofAddress > 1 ? ofAddress - 1 : nil
  }

  /// Those whose time is over. Each is told once.
  mutating func takeExpired(at now: Instant) -> [Int32] {
    let expired = entries.compactMap { $0 }.filter { $0.until.map { $0 <= now } ?? false }.map(\.descriptor)
    for descriptor in expired { entries[Int(descriptor)]?.until = nil }
    return expired
  }

  private func index(of descriptor: Int32) -> Int? {
    entries.indices.contains(Int(descriptor)) ? Int(descriptor) : nil
  }
}
