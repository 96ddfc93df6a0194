import Glibc

/// What every line of the log begins with, in the form that the writer gives it: most lines are passed by for what it says.
struct LineHead {
  private static let beforeTime: StaticString = #"{"time":""#
  private static let beforeNumber: StaticString = #"","seq":"#
  private static let recovered: StaticString = #","stage":"recovered""#

  /// `2026-11-22T16:00:00.123456Z`: texts of this one form sort as the times do.
  static let timeLength = 27

  private static let digitLimit = 18

  let time: UnsafeRawBufferPointer
  let sequence: Int64
  let isRecovered: Bool

  /// `nil` for a line that begins otherwise; it may be a record all the same.
  init?(_ line: UnsafeRawBufferPointer) {
    var position = 0
    guard Self.take(Self.beforeTime, in: line, at: &position), line.count > position + Self.timeLength else {
      return nil
    }
    time = UnsafeRawBufferPointer(rebasing: line[position..<position + Self.timeLength])
    position += Self.timeLength
    guard Self.take(Self.beforeNumber, in: line, at: &position) else { return nil }
    let start = position
    var sequence: Int64 = 0
    while position < line.count, (0x30...0x39).contains(line[position]), position - start < Self.digitLimit {
      sequence = sequence * 10 + Int64(line[position] - 0x30)
      position += 1
    }
    guard position > start else { return nil }
    self.sequence = sequence
    isRecovered = Self.take(Self.recovered, in: line, at: &position)
  }

  private static func take(_ text: StaticString, in line: UnsafeRawBufferPointer, at position: inout Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard line.count - position >= count, let start = line.baseAddress,
      memcmp(start + position, text.utf8Start, count) == 0
    else { return false }
    position += count
    return true
  }
}
