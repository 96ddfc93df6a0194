import Digest
import FoundationEssentials
import GatewayCore
import Glibc

/// What a file of the log holds, read from its beginning to its end, a block at a time.
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

  private struct OpenedLine: Decodable {
    let previousFile: String?
    let openIntents: Int?
  }

  /// Longer than any line.
  static let blockSize = 1 << 20

  /// A line that no whole log has, and that a power cut may have left: blocks that were never written read as zeros.
  private struct Tear {
    let line: Int
    let what: String
    /// The one time that the records behind it bear.
    var time: String?
  }

  /// `nil` where nothing holds, not even the first line.
  private(set) var beginning: Beginning?
  /// The last line that can be gone on from. In a broken file that is the last one that is a record.
  private(set) var head = ChainHead()
  private(set) var ending = Ending.whole
  private(set) var intents = OpenIntents()
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

  /// How many intents of files before are open still.
  var carriedIntents: Int {
    max(0, (beginning?.openIntents ?? 0) - intents.strangerCount)
  }

  /// Takes in which of the intents here a later file closes.
  mutating func end(intentsOf later: LogScan) {
    intents.end(later.intents.strangers)
  }

  /// Takes the block's whole lines; how many bytes they are.
  private mutating func takeLines(_ block: UnsafeRawBufferPointer, at offset: Int64) -> Int {
    guard let start = block.baseAddress else { return 0 }
    var position = 0
    while let end = memchr(start + position, Int32(UInt8(ascii: "\n")), block.count - position) {
      let next = UnsafeRawPointer(end) - start + 1
      take(UnsafeRawBufferPointer(rebasing: block[position..<next]), at: offset + Int64(position))
      position = next
    }
    return position
  }

  private mutating func take(_ line: UnsafeRawBufferPointer, at offset: Int64) {
    lineCount += 1
    let record = ScannedLine(line)
    if ending == .whole, let what = fault(of: record) {
      ending = .broken(line: lineCount, what: what)
      // A file in which nothing holds may be anybody's.
      if beginning != nil, line.contains(0) {
        ending = .torn(from: goodEnd)
        tear = Tear(line: lineCount, what: what)
      }
    } else if let torn = tear, let record {
      // One write alone was under way, whose records bear one time. A second write shows that the first had come to its end.
      tear?.time = torn.time ?? record.time
      if let time = torn.time, time != record.time {
        ending = .broken(line: torn.line, what: torn.what)
        tear = nil
      }
    }
    guard tear == nil, let record else { return }
    goOn(record, line, at: offset)
    if ending == .whole { goodEnd = offset + Int64(line.count) }
  }

  /// Takes a block without an LF: the file's last bytes, or a piece of what no record is long enough to be.
  private mutating func takePiece(_ piece: UnsafeRawBufferPointer, isLast: Bool) {
    guard ending == .whole else { return }
    let what = isLast ? "it isn't an audit record" : "it is longer than any audit record"
    if beginning == nil ? isLast && ScannedLine.canBegin(with: piece) : isLast || piece.contains(0) {
      ending = .torn(from: goodEnd)
      tear = Tear(line: lineCount + 1, what: what)
    } else {
      ending = .broken(line: lineCount + 1, what: what)
    }
  }

  /// What is wrong with the next line.
  private func fault(of record: ScannedLine?) -> String? {
    guard let record else { return "it isn't an audit record" }
    // The first line goes on from another file, unless it is the log's first.
    guard beginning != nil || record.previous == ChainHead.zeroHash else { return nil }
    guard record.previous == head.hash else {
      return "its 'prev' isn't the SHA-256 of the line before: one of the two was changed, or lines are missing"
    }
    guard record.sequence == head.sequence + 1 else {
      return "its 'seq' is \(record.sequence), not \(head.sequence + 1)"
    }
    return nil
  }

  private mutating func goOn(_ record: ScannedLine, _ line: UnsafeRawBufferPointer, at offset: Int64) {
    let stage = record.stage
    if beginning == nil {
      let opened = stage == .opened ? try? JSONDecoder().decode(OpenedLine.self, from: Data(line)) : nil
      beginning = Beginning(
        previous: record.previous, previousFile: opened?.previousFile, openIntents: opened?.openIntents ?? 0)
    }
    head.sequence = record.sequence
    head.hash = Hex.encode(SHA256.digest(line.bindMemory(to: UInt8.self)))
    switch stage {
    case .intent:
      intents.begin(
        record.call ?? "", at: .init(sequence: record.sequence, offset: offset, length: line.count))
    case .outcome, .recovered: intents.end(record.call ?? "")
    default: break
    }
  }
}
