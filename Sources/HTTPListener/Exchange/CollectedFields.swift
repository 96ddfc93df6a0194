import GatewayCore

/// A head's fields as libmicrohttpd hands them over, and where they stand.
///
/// It parses in place: what it hands over lies where it was received, so the addresses tell what the wire looked like. What
/// it had to copy, such as a folded line, lies elsewhere.
struct CollectedFields {
  /// Where the head begins.
  private let start: UnsafeRawPointer
  private(set) var fields: [RequestHead.Field] = []
  /// As `RequestHead` has them.
  private(set) var offsets: [Int]

  init(method: UnsafeRawPointer, target: UnsafeRawPointer, version: UnsafeRawPointer) {
    start = method
    offsets = [target - method, version - method]
  }

  mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    fields.append(RequestHead.Field(name: String(decoding: name, as: UTF8.self), value: Array(value)))
    offsets += [offset(name), offset(value)]
  }

  /// -1 is nowhere.
  private func offset(_ piece: UnsafeRawBufferPointer) -> Int {
    piece.baseAddress.map { $0 - start } ?? -1
  }
}
