import Digest

/// Checks a log file by file and line by line, up to the first break.
struct LogVerifier {
  private let files: [String]
  private var chain: ChainVerifier
  private var border: FileBorder?
  private var lineNumber = 0
  private var tornLine: ChainReport.TornLine?
  private(set) var firstBreak: ChainReport.Break?

  /// - Parameter publicKeys: of the checkpoints' signatures; none to leave them unchecked.
  init(_ files: [String], publicKeys: [Ed25519PublicKey]) {
    self.files = files
    chain = ChainVerifier(publicKeys: publicKeys)
  }

  /// Goes on to the next file.
  mutating func begin(_ index: Int) {
    if let tornLine {
      firstBreak = .init(file: tornLine.file, line: tornLine.line, what: "it is torn, and another file follows")
    }
    border = FileBorder(files, index)
    lineNumber = 0
  }

  /// Takes the file's next line, with its LF if it has one.
  mutating func take(_ line: [UInt8]) {
    guard let border else { return }
    lineNumber += 1
    guard line.last == UInt8(ascii: "\n") else {
      tornLine = .init(
        file: border.file, line: lineNumber, byteCount: line.count, mayBeRecord: LogScan.isTornBeginning(line))
      return
    }
    do throws(ChainVerifier.Break) {
      let record = try ChainVerifier.record(line)
      try FileBorder.check(record, isFirst: lineNumber == 1)
      if lineNumber == 1 { try border.check(record, after: chain.head) }
      try chain.take(record)
    } catch {
      firstBreak = .init(file: border.file, line: lineNumber, what: error.what)
    }
  }

  /// What was found so far.
  var report: ChainReport {
    var report = chain.report
    report.tornLine = tornLine
    report.firstBreak = firstBreak
    return report
  }
}
