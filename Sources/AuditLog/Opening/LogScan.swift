import GatewayCore
import Glibc

/// What a file of the log holds, read from its beginning to its end, a block at a time: by the rules of `audit verify`.
struct LogScan {
  /// How the file ends.
  enum Ending: Equatable {
    /// Every line holds.
    case whole
    /// What stands from there on was never vouched for: the process or the machine died in the middle of a write.
    case torn(from: Int64)
    /// A line doesn't hold, and no power cut leaves one like that.
    case broken(line: Int, what: String)
  }

  /// What the file's first line says of the files before.
  struct Beginning: Equatable {
    /// The hash of the line before.
    let previous: String
    /// The file that it is in.
    let previousFile: String?
    /// How many intents in files before had no outcome yet.
    let openIntents: Int
  }

  /// A line that no whole log has, and that a power cut may have left: blocks that were never written read as zeros.
  private struct Tear {
    let line: Int
    let what: String
    /// The one time that the records behind it bear.
    var time: String?
  }

  /// Twice the longest line.
  static let blockSize = 2 * AuditRecord.lineLimit
  /// What every record begins with.
  private static let start = Array(#"{"time":""#.utf8)

  /// `nil` where nothing holds, not even the first line.
  private(set) var beginning: Beginning?
  /// The last line that can be gone on from. In a broken file that is the last one that is a record.
  private(set) var head = ChainHead()
  private(set) var ending = Ending.whole
  private(set) var intents = OpenIntents()
  private var chain = ChainVerifier()
  private var lineCount = 0
  /// The end of the last line that holds.
  private var goodEnd: Int64 = 0
  private var tear: Tear?

  /// Reads the whole file.
  init(_ file: any LogFile) throws(FileError) {
    let size = try file.size()
    var offset: Int64 = 0
    while offset < size {
      let block = try file.read(at: offset, limit: Self.blockSize)
      guard !block.isEmpty else { break }
      offset += block.withUnsafeBytes { bytes in
        let taken = takeLines(bytes, at: offset)
        guard taken == 0 else { return Int64(taken) }
        takePiece(bytes, isLast: offset + Int64(bytes.count) >= size)
        return Int64(bytes.count)
      }
    }
  }

  /// Whether a write of the first record that a power cut ended may have left these bytes, and nothing else: how a record
  /// begins, or less than that, or zeros alone.
  static func isTornBeginning(_ bytes: some Collection<UInt8>) -> Bool {
    zip(bytes, start).allSatisfy { $0 == $1 } || isBlank(bytes)
  }

  private static func isBlank(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.allSatisfy { $0 == 0 }
  }

  /// How many intents of files before are open still.
  var carriedIntents: Int {
    max(0, (beginning?.openIntents ?? 0) - intents.strangerCount)
  }

  /// Takes in which of the intents here a later file closes.
  mutating func end(intentsOf later: LogScan) {
    intents.end(intentsOf: later.intents)
  }

  /// Takes the block's whole lines; how many bytes they are.
  private mutating func takeLines(_ block: UnsafeRawBufferPointer, at offset: Int64) -> Int {
    guard let start = block.baseAddress else { return 0 }
    var position = 0
    while let end = memchr(start + position, Int32(UInt8(ascii: "\n")), block.count - position) {
      let next = UnsafeRawPointer(end) - start + 1
      take(Array(block[position..<next]), at: offset + Int64(position))
      position = next
    }
    return position
  }

  private mutating func take(_ line: [UInt8], at offset: Int64) {
    lineCount += 1
    let record = try? AuditLine(line)
    if ending == .whole, let what = fault(of: line, record) {
      ending = .broken(line: lineCount, what: what)
      // A file in which nothing holds may be anybody's.
      if beginning != nil, line.contains(0) {
        ending = .torn(from: goodEnd)
        tear = Tear(line: lineCount, what: what)
      }
    } else if beginning == nil, let torn = tear {
      // Zeros, and then lines.
      ending = .broken(line: torn.line, what: torn.what)
      tear = nil
    } else if let torn = tear, let record {
      // One write alone was under way, whose records bear one time. A second write shows that the first had come to its end.
      tear?.time = torn.time ?? record.time
      if let time = torn.time, time != record.time {
        ending = .broken(line: torn.line, what: torn.what)
        tear = nil
      }
    }
    guard tear == nil, let record else { return }
    goOn(record, at: offset)
    if ending == .whole { goodEnd = offset + Int64(line.count) }
  }

  /// Takes a block without an LF: the file's last bytes, or a piece of what no record is long enough to be.
  private mutating func takePiece(_ piece: UnsafeRawBufferPointer, isLast: Bool) {
    let what = isLast ? "it isn't an audit record" : "it is longer than a record can be"
    guard ending == .whole else {
      // What begins with zeros and goes on with something else may be anybody's.
      if beginning == nil, tear != nil, !Self.isBlank(piece) { isBroken(what) }
      return
    }
    let isOurs =
      beginning == nil
      ? Self.isBlank(piece) || isLast && Self.isTornBeginning(piece) : isLast || piece.contains(0)
    if isOurs {
      ending = .torn(from: goodEnd)
      tear = Tear(line: lineCount + 1, what: what)
    } else {
      isBroken(what)
    }
  }

  private mutating func isBroken(_ what: String) {
    ending = .broken(line: lineCount + 1, what: what)
    tear = nil
  }

  /// What is wrong with the next line.
  private mutating func fault(of line: [UInt8], _ record: AuditLine?) -> String? {
    do throws(ChainVerifier.Break) {
      // Read again, for what is wrong with it.
      let record = if let record { record } else { try ChainVerifier.record(line) }
      try FileBorder.check(record, isFirst: beginning == nil)
      try chain.take(record)
      return nil
    } catch {
      return error.what
    }
  }

  private mutating func goOn(_ record: AuditLine, at offset: Int64) {
    if beginning == nil {
      beginning = Beginning(
        previous: record.previous, previousFile: record.previousFile, openIntents: record.openIntents)
    }
    if ending == .whole, let verified = chain.head {
      head = verified
    } else {
      head.sequence = record.sequence - 1
      head.advance(over: record.bytes)
    }
    intents.take(record, at: offset)
  }
}
