import GatewayCore
import Glibc

/// A line of the log as the start reads it: by its bytes' places in the form that the writer gives it, without a JSON
/// parser, so that a log of a gigabyte is read in seconds.
///
/// What stands between the beginning and the end is not looked at: the chain vouches for it.
struct ScannedLine {
  private static let beforeTime = StaticText(#"{"time":""#)
  private static let timeLength = 27
  private static let beforeSequence = StaticText(#"","seq":"#)
  private static let beforeStage = StaticText(#","stage":""#)
  private static let beforeHash = StaticText(#","prev":""#)
  private static let hashLength = 64
  private static let afterHash = StaticText("\"}\n")
  private static let beforeCaller = StaticText(#","caller":"#)

  let sequence: Int64
  private let line: UnsafeRawBufferPointer
  private let stageRange: Range<Int>

  /// - Parameter line: with its LF. It has to outlive this.
  init?(_ line: UnsafeRawBufferPointer) {
    let end = Self.beforeHash.count + Self.hashLength + Self.afterHash.count
    let sequenceStart = Self.beforeTime.count + Self.timeLength + Self.beforeSequence.count
    guard line.count > sequenceStart + end, Self.beforeTime.stands(in: line, at: 0),
      Self.beforeSequence.stands(in: line, at: Self.beforeTime.count + Self.timeLength),
      Self.beforeHash.stands(in: line, at: line.count - end),
      Self.afterHash.stands(in: line, at: line.count - Self.afterHash.count)
    else { return nil }
    var position = sequenceStart
    var sequence: Int64 = 0
    while position < line.count, line[position].isASCIIDigit {
      // A number of more digits isn't one that a log gets to, nor one that can be counted on from.
      guard position < sequenceStart + 18 else { return nil }
      sequence = sequence * 10 + Int64(line[position] - UInt8(ascii: "0"))
      position += 1
    }
    guard sequence > 0, Self.beforeStage.stands(in: line, at: position) else { return nil }
    let stageStart = position + Self.beforeStage.count
    guard let stageEnd = line[stageStart..<line.count - end].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    self.sequence = sequence
    self.line = line
    stageRange = stageStart..<stageEnd
  }

  /// Whether the bytes are how a record begins, or less than that of one.
  static func canBegin(with bytes: UnsafeRawBufferPointer) -> Bool {
    beforeTime.begins(with: bytes)
  }

  /// `nil` for one that this version doesn't know.
  var stage: AuditRecord.Stage? {
    AuditRecord.Stage(rawValue: String(decoding: line[stageRange], as: UTF8.self))
  }

  /// Every record of one write bears the same time.
  var time: String {
    let start = Self.beforeTime.count
    return String(decoding: line[start..<start + Self.timeLength], as: UTF8.self)
  }

  /// The SHA-256 of the line before.
  var previous: String {
    let end = line.count - Self.afterHash.count
    return String(decoding: line[end - Self.hashLength..<end], as: UTF8.self)
  }

  /// What a call's records share: request, action and connection, which stand between the stage and the caller.
  var call: String? {
    let rest = line[(stageRange.upperBound + 1)...]
    guard let end = Self.beforeCaller.place(in: rest) else { return nil }
    return String(decoding: rest[..<end], as: UTF8.self)
  }
}

/// A text that is looked for in bytes.
private struct StaticText {
  private let text: StaticString

  init(_ text: StaticString) {
    self.text = text
  }

  var count: Int { text.utf8CodeUnitCount }

  func stands(in bytes: UnsafeRawBufferPointer, at position: Int) -> Bool {
    guard position >= 0, position + count <= bytes.count, let start = bytes.baseAddress else { return false }
    return memcmp(start + position, text.utf8Start, count) == 0
  }

  /// Whether one of the two begins with the other.
  func begins(with bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    return memcmp(start, text.utf8Start, min(bytes.count, count)) == 0
  }

  /// Where it stands first.
  func place(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard let start = bytes.base.baseAddress else { return nil }
    var position = bytes.startIndex
    while let found = memchr(start + position, Int32(text.utf8Start.pointee), bytes.endIndex - position) {
      position = UnsafeRawPointer(found) - start
      if stands(in: bytes.base, at: position) { return position }
      position += 1
    }
    return nil
  }
}
