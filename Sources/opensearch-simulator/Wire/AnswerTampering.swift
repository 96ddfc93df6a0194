/// What the relay does to the bytes of one answer.
struct AnswerTampering: Sendable, Equatable {
  /// What is sent in the answer's place, and what comes after it.
  struct Result: Sendable, Equatable {
    let bytes: [UInt8]
    /// Whether the connection is left open, with nothing more to come.
    let isHeld: Bool
  }

  var fault: WireFault?
  /// Whether at least the last byte has to be missing or wrong: the answer says what isn't so.
  var isNeverWhole = false
  /// Whether the `Date` line is taken away.
  var dropsDate = false

  /// The bytes up to and with the status code: `HTTP/1.1 200`.
  private static let statusLength = 12

  var isNeeded: Bool {
    fault != nil || dropsDate
  }

  /// Whether the client can read the status.
  var showsStatus: Bool {
    fault.map { $0.bytes >= Self.statusLength } ?? true
  }

  /// - Parameter answer: all of it.
  func result(_ answer: [UInt8]) -> Result {
    let answer = dropsDate ? Self.withoutDate(answer) : answer
    let longest = isNeverWhole ? answer.count - 1 : answer.count
    let start = min(fault?.bytes ?? .max, max(longest, 0))
    switch fault {
    case nil: return Result(bytes: answer, isHeld: false)
    case .cut: return Result(bytes: Array(answer[..<start]), isHeld: false)
    case .stall: return Result(bytes: Array(answer[..<start]), isHeld: true)
    case .garbage(_, let seed):
      var noise = Noise(seed: seed)
      return Result(bytes: answer[..<start] + answer[start...].map { noise.byte(otherThan: $0) }, isHeld: false)
    }
  }

  private static func withoutDate(_ answer: [UInt8]) -> [UInt8] {
    let name = Array("date:".utf8)
    var kept: [UInt8] = []
    var rest = answer[...]
    // Line by line, up to the empty one that ends the head.
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[...end]
      rest = rest[(end + 1)...]
      let start = line.prefix(name.count).map { $0 | 0x20 }
      if start != name { kept += line }
      if line.count <= 2 { break }
    }
    return kept + rest
  }
}
