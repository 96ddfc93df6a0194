import GatewayCore
import Glibc

/// `audit show`: reads the log's files and writes rows that a person, or a program, can read. It verifies nothing.
package struct AuditShow {
  /// How the rows are written.
  package enum Form: Sendable {
    /// One JSON object a line.
    case json
    /// A table, at most so many columns wide, with colours or without.
    case table(width: Int?, hasColours: Bool)
  }

  /// What can go wrong on the way.
  package enum Failure: Error, Equatable {
    case unreadable(file: String, reason: String)
    /// Nobody wants any more rows: no reason to complain.
    case readerLeft
    case unwritable(reason: String)
  }

  /// How many bad lines of a file are named one by one.
  private static let namedLines = 10

  private var joiner: CallJoiner
  private var writer: any RowWriter
  private var output: RowOutput
  private let complain: (String) -> Void
  /// How many lines weren't records.
  package private(set) var badLines = 0

  /// - Parameters:
  ///   - write: takes bytes, all of them or none; what it throws ends it all.
  ///   - complain: takes a line for the person, about the input.
  package init(
    _ form: Form, filter: RowFilter, write: @escaping ([UInt8]) throws(Failure) -> Void,
    complain: @escaping (String) -> Void
  ) {
    joiner = CallJoiner(filter: filter)
    writer =
      switch form {
      case .json: JSONRowWriter()
      case .table(let width, let hasColours): TableRowWriter(limit: width, hasColours: hasColours)
      }
    output = RowOutput(write)
    self.complain = complain
  }

  /// Shows the files, the oldest first, up to the end that they have now.
  package mutating func show(_ paths: [String]) throws(Failure) {
    for path in paths {
      let file = try Self.open(path)
      while try readBlock(of: file) {}
      endOfFile(file)
    }
    try end()
  }

  /// The same, and then whatever comes to the last one, and to those that take its place after rotations.
  ///
  /// - Parameter isOver: waits for a moment and says whether it is enough; asked between blocks as well, then without waiting.
  package mutating func follow(_ paths: [String], until isOver: (_ waiting: Bool) -> Bool) throws(Failure) {
    guard let last = paths.last else { return }
    for path in paths.dropLast() {
      let file = try Self.open(path)
      while try readBlock(of: file) { if isOver(false) { return try end() } }
      endOfFile(file)
    }
    var file = try Self.open(last)
    guard file.isRegular else { throw .unreadable(file: last, reason: "only a file can be followed") }
    while true {
      while try readBlock(of: file) { if isOver(false) { return try end() } }
      if let next = try Self.successor(of: file) {
        // The old one got its last record before the new one its first.
        while try readBlock(of: file) {}
        endOfFile(file)
        file = next
        continue
      }
      if file.wasCut {
        complain("\(file.path): somebody cut it; going on from its beginning")
        file.rewind()
        continue
      }
      try pause()
      if isOver(true) { return try end() }
    }
  }

  /// The file that has taken this one's place, once there is something in it.
  private static func successor(of file: GrowingFile) throws(Failure) -> GrowingFile? {
    var status = stat()
    guard stat(file.path, &status) == 0, FileIdentity(status) != file.identity, status.st_size > 0 else { return nil }
    do {
      return try GrowingFile(path: file.path)
    } catch {
      // Rotated once more, this very moment.
      guard error.code != ENOENT else { return nil }
      throw .unreadable(file: file.path, reason: error.reason)
    }
  }

  private static func open(_ path: String) throws(Failure) -> GrowingFile {
    do {
      return try GrowingFile(path: path)
    } catch {
      throw .unreadable(file: path, reason: error.reason)
    }
  }

  private mutating func readBlock(of file: GrowingFile) throws(Failure) -> Bool {
    do {
      return try file.readBlock { line in
        if let line, file.lineNumber == 1 { checkBorder(line, of: file) }
        guard let line, try joiner.take(line, { row in try output.add { writer.write(row, to: &$0) } }) else {
          badLine(file)
          return
        }
      }
    } catch let error as FileError {
      throw .unreadable(file: file.path, reason: error.reason)
    } catch let error as Failure {
      throw error
    } catch {
      throw .unreadable(file: file.path, reason: "\(error)")
    }
  }

  /// Says so if this file's first line doesn't follow the last one of the file before: else calls that are in a file that is
  /// missing would pass for open without a word.
  private func checkBorder(_ line: UnsafeRawBufferPointer, of file: GrowingFile) {
    guard let last = joiner.lastSequence, let next = LineHead(line)?.sequence, next != last + 1 else { return }
    complain(
      "\(file.path) begins with seq \(next), and what was read before ends with seq \(last): a file is missing, or they "
        + "aren't given oldest first")
  }

  private mutating func badLine(_ file: GrowingFile) {
    badLines += 1
    file.badLines += 1
    if file.badLines <= Self.namedLines { complain("\(file.path), line \(file.lineNumber): it isn't an audit record") }
  }

  private func endOfFile(_ file: GrowingFile) {
    if file.badLines > Self.namedLines { complain("\(file.path): \(file.badLines) lines aren't audit records") }
    if file.hasTornEnd { complain("\(file.path), line \(file.lineNumber + 1): it has no end: torn, or being written") }
  }

  private mutating func pause() throws(Failure) {
    try output.add { writer.pause(&$0) }
    try output.flush()
  }

  private mutating func end() throws(Failure) {
    do {
      try joiner.end { row in try output.add { writer.write(row, to: &$0) } }
    } catch let error as Failure {
      throw error
    } catch {
      throw .unwritable(reason: "\(error)")
    }
    try pause()
    guard joiner.crowdedOut > 0 else { return }
    complain(
      "more than \(WaitingIntents.countLimit) calls (or \(WaitingIntents.byteLimit >> 20) MiB of them) without an outcome at"
        + " a time: the oldest \(joiner.crowdedOut) are shown as open; an outcome that came later has a row of its own")
  }
}
