/// The intents that wait for what closes them, as their lines. So many may wait and no more, so that memory is bounded
/// whatever a log holds: a gateway has some 8,000 calls under way at most, and closes at its start what it left open.
struct WaitingIntents {
  /// What an outcome names its intent by.
  struct Call: Hashable {
    let requestID: String
    let connectionID: String
  }

  /// How many may wait.
  static let countLimit = 65_536
  /// How many bytes their lines may have together.
  static let byteLimit = 64 << 20

  private struct Intent {
    let line: [UInt8]
    let call: Call
    let sequence: String
  }

  /// By the order in which they came.
  private var intents: [Int: Intent] = [:]
  /// Of one call there may be several, since a caller may use an id again.
  private var ofCall: [Call: [Int]] = [:]
  private var ofSequence: [String: Int] = [:]
  private var byteCount = 0
  private var oldest = 0
  private var next = 0

  var areTooMany: Bool {
    intents.count > Self.countLimit || byteCount > Self.byteLimit
  }

  /// - Parameter sequence: its `seq`, as it stands in the line.
  mutating func add(_ line: UnsafeRawBufferPointer, of call: Call, sequence: String) {
    intents[next] = Intent(line: Array(line), call: call, sequence: sequence)
    ofCall[call, default: []].append(next)
    ofSequence[sequence] = next
    byteCount += line.count
    next += 1
  }

  /// The oldest of this call: the outcome is its.
  mutating func take(of call: Call) -> [UInt8]? {
    ofCall[call]?.first.flatMap { remove($0) }
  }

  mutating func take(sequence: String) -> [UInt8]? {
    ofSequence[sequence].flatMap { remove($0) }
  }

  /// The one that has waited longest.
  mutating func takeOldest() -> [UInt8]? {
    guard !intents.isEmpty else { return nil }
    while intents[oldest] == nil { oldest += 1 }
    return remove(oldest)
  }

  private mutating func remove(_ number: Int) -> [UInt8]? {
    guard let intent = intents.removeValue(forKey: number) else { return nil }
    byteCount -= intent.line.count
    if ofSequence[intent.sequence] == number { ofSequence[intent.sequence] = nil }
    ofCall[intent.call]?.removeAll { $0 == number }
    if ofCall[intent.call]?.isEmpty == true { ofCall[intent.call] = nil }
    return intent.line
  }
}
