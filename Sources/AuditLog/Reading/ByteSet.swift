/// A set of ASCII characters.
struct ByteSet: Sendable {
  private let members: [Bool]

  /// - Parameter characters: one by one, or as ranges: `a-z`.
  init(_ ranges: ClosedRange<Character>..., others: String = "") {
    var members = [Bool](repeating: false, count: 256)
    for range in ranges {
      guard let first = range.lowerBound.asciiValue, let last = range.upperBound.asciiValue else { continue }
      for byte in first...last { members[Int(byte)] = true }
    }
    for byte in others.utf8 { members[Int(byte)] = true }
    self.members = members
  }

  func contains(_ byte: UInt8) -> Bool {
    members[Int(byte)]
  }

  static let digits = ByteSet("0"..."9")
  static let hexDigits = ByteSet("0"..."9", "a"..."f")
  static let lowercase = ByteSet("a"..."z")
  static let base64 = ByteSet("0"..."9", "A"..."Z", "a"..."z", others: "+/")
  /// Of a request id.
  static let requestID = ByteSet("0"..."9", "A"..."Z", "a"..."z", others: "._~-")
  /// Of a connection id, after its first letter.
  static let connectionID = ByteSet("0"..."9", "a"..."z", others: "-")
  /// Of a token's name.
  static let tokenName = ByteSet("0"..."9", "A"..."Z", "a"..."z", others: "._@:+-")
  /// Of a name that the gateway gives, after its first letter.
  static let word = ByteSet("0"..."9", "a"..."z", others: "._")
}
