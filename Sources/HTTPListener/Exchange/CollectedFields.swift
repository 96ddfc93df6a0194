import GatewayCore

/// A head's fields as libmicrohttpd hands them over, and where they stand.
///
/// It parses in place: what it hands over lies where it was received, so the addresses tell what the wire looked like. What
/// it had to copy, such as a folded line, lies elsewhere.
struct CollectedFields {
  /// Where the head begins.
  private let start: UnsafeRawPointer
  private let byteCount: Int
  private(set) var fields: [RequestHead.Field] = []
  /// As `RequestHead` has them.
  private(set) var offsets: [Int]

  /// - Parameter byteCount: how long the head is, as `RequestHead` has it.
  init(method: UnsafeRawPointer, target: UnsafeRawPointer, version: UnsafeRawPointer, byteCount: Int) {
    start = method
    self.byteCount = byteCount
    offsets = [target - method, version - method]
  }

  mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    fields.append(RequestHead.Field(name: String(decoding: name, as: UTF8.self), value: Array(value)))
    offsets += [offset(name), hidesByte(behind: value) ? -1 : offset(value)]
  }

  /// Whether a byte stands where the value's CRLF should be. libmicrohttpd ends a value at a NUL, too, and overwrites ends
  /// of lines with NUL, but not what is between them.
  private func hidesByte(behind value: UnsafeRawBufferPointer) -> Bool {
    let second = offset(value) + value.count + 1
    return second >= 1 && second < byteCount && start.load(fromByteOffset: second, as: UInt8.self) != 0
  }

  /// -1 is nowhere.
  private func offset(_ piece: UnsafeRawBufferPointer) -> Int {
    piece.baseAddress.map { $0 - start } ?? -1
  }
}
