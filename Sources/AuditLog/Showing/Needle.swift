import Glibc

/// A text that is looked for in many lines.
struct Needle: Sendable {
  private let bytes: [UInt8]
  /// The first eight bytes, which can be compared at once.
  private let head: UInt64

  /// - Parameter text: of eight bytes or more.
  init(_ text: String) {
    bytes = Array(text.utf8)
    head = bytes.withUnsafeBytes { $0.count < 8 ? 0 : $0.loadUnaligned(as: UInt64.self) }
  }

  func isIn(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let start = line.baseAddress, line.count >= bytes.count else { return false }
    for position in 0...line.count - bytes.count
    where (start + position).loadUnaligned(as: UInt64.self) == head && memcmp(start + position, bytes, bytes.count) == 0
    {
      return true
    }
    return false
  }
}
