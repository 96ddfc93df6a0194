import GatewayCore

/// Where one file of a log ends and the next one begins (the rule is in `AuditRecord`).
struct FileBorder {
  private let files: [String]
  private let index: Int

  /// - Parameter index: which of the files begins here.
  init(_ files: [String], _ index: Int) {
    self.files = files
    self.index = index
  }

  var file: String {
    files[index]
  }

  /// Checks that a record may stand where it does in its file, as far as the file alone can tell.
  static func check(_ record: AuditLine, isFirst: Bool) throws(ChainVerifier.Break) {
    if isFirst {
      guard record.stage == .opened, record.hasPreviousFile == (record.sequence > 1) else {
        throw ChainVerifier.Break(what: "no file begins with this record: what was before it is missing")
      }
    } else if record.hasPreviousFile {
      throw ChainVerifier.Break(what: "it goes on from another file, and stands in the middle of this one")
    }
  }

  /// Checks that a file goes on from those before it.
  ///
  /// - Parameters:
  ///   - record: its first one.
  ///   - head: the last record of the files before; `nil` if there is none.
  func check(_ record: AuditLine, after head: ChainHead?) throws(ChainVerifier.Break) {
    guard let head, record.sequence != head.sequence + 1 || record.previous != head.hash else { return }
    throw ChainVerifier.Break(what: fault(record, head))
  }

  /// Why the file doesn't go on from those before it.
  private func fault(_ record: AuditLine, _ head: ChainHead) -> String {
    if let same = files[..<index].first(where: { Self.firstLine(of: $0) == record.bytes }) {
      return "the file is the same as \(same), or a copy of it"
    }
    if let next = files[index...].dropFirst().first(where: { Self.goesOn($0, from: head) }) {
      return "the files are in the wrong order: \(next) comes before this one"
    }
    guard record.sequence > head.sequence else {
      return "the file begins with seq \(record.sequence), and those before it end with seq \(head.sequence): it comes "
        + "before them, or is of another log"
    }
    guard record.sequence > head.sequence + 1 else {
      return "its 'prev' isn't the SHA-256 of the last line of the file before it: one of the two was changed, or they "
        + "are of two logs"
    }
    let missing =
      record.sequence - 1 == head.sequence + 1
      ? "seq \(record.sequence - 1) is missing" : "seq \(head.sequence + 1) to \(record.sequence - 1) are missing"
    let name = record.previousFile ?? ""
    let quoted = String(decoding: JSON.string(name).bytes, as: UTF8.self)
    return files[..<index].contains { $0.unicodeScalars.split(separator: "/").last.map { String($0) } == name }
      ? "\(missing): the end of \(quoted) was cut off, or it isn't the file that was called so when this one was begun"
      : "\(missing): the file before it isn't given; it was called \(quoted) when this one was begun"
  }

  private static func goesOn(_ file: String, from head: ChainHead) -> Bool {
    guard let line = firstLine(of: file), let record = try? AuditLine(line) else { return false }
    return record.sequence == head.sequence + 1 && record.previous == head.hash
  }

  private static func firstLine(of file: String) -> [UInt8]? {
    guard var reader = try? LineReader(path: file) else { return nil }
    return try? reader.next()
  }
}
