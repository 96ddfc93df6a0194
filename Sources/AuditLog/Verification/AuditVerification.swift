package import Digest

/// `audit verify`: checks the chain across files, in the order they are given.
package enum AuditVerification {
  /// A file that can't be read.
  package struct Unreadable: Error, Sendable, Equatable {
    package let file: String
    package let reason: String
  }

  /// Reads every file up to the first break.
  ///
  /// A last line without LF is torn, as a power cut or a write under way leaves it. It was never vouched for, so the log
  /// is whole without it; in a file that isn't the last one it is a break.
  ///
  /// - Parameter publicKeys: of the checkpoints' signatures; none to leave them unchecked.
  package static func verify(
    _ files: [String], publicKeys: [Ed25519PublicKey] = []
  ) throws(Unreadable) -> ChainReport {
    var verifier = ChainVerifier(publicKeys: publicKeys)
    var torn: ChainReport.TornLine?
    var firstBreak: ChainReport.Break?
    for (index, file) in files.enumerated() where firstBreak == nil {
      if let torn {
        firstBreak = .init(file: torn.file, line: torn.line, what: "it is torn, and another file follows")
        break
      }
      do throws(FileError) {
        firstBreak = try check(FileBorder(files, index), &verifier, &torn)
      } catch {
        throw Unreadable(file: file, reason: error.reason)
      }
    }
    var report = verifier.report
    report.tornLine = torn
    report.firstBreak = firstBreak
    return report
  }

  private static func check(
    _ border: FileBorder, _ verifier: inout ChainVerifier, _ torn: inout ChainReport.TornLine?
  ) throws(FileError) -> ChainReport.Break? {
    let file = border.file
    var reader = try LineReader(path: file)
    var number = 0
    while let line = try reader.next() {
      number += 1
      guard line.last == UInt8(ascii: "\n") else {
        torn = ChainReport.TornLine(file: file, line: number, byteCount: line.count)
        break
      }
      do throws(ChainVerifier.Break) {
        let record = try ChainVerifier.record(line)
        if number == 1 {
          try border.check(record, after: verifier.head)
        } else if record.hasPreviousFile {
          throw ChainVerifier.Break(what: "it goes on from another file, and stands in the middle of this one")
        }
        try verifier.take(record)
      } catch {
        return ChainReport.Break(file: file, line: number, what: error.what)
      }
    }
    return nil
  }
}
