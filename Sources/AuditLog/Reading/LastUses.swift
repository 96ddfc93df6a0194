package import Clocks
import GatewayCore
import Glibc

/// When tokens were last used, as an audit log tells.
package enum LastUses {
  /// Why the log can't be asked.
  package struct Unreadable: Error, Equatable {
    package let reason: String
  }

  /// How much of the log is read at the most, in bytes, from its end.
  package static let reach = 256 << 20
  /// So much is read at a time.
  package static let blockSize = 1 << 20
  private static let callerMark = Array("\"caller\":".utf8)
  private static let tokenMark = Array("\"token\":\"".utf8)
  private static let idLength = 12

  /// The time of the last record of each token, refusals included.
  ///
  /// Reads one file, backwards, until all tokens are found or `reach` is over; so it is as quick on a large log, and holds no
  /// more than two blocks of it. Lines that aren't valid are passed over: this is no verification.
  package static func read(
    _ path: String, of tokens: Set<String>, reach: Int = reach, blockSize: Int = blockSize
  ) throws(Unreadable) -> [String: Timestamp] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Unreadable(reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Unreadable(reason: String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Unreadable(reason: "it isn't a regular file") }

    var uses: [String: Timestamp] = [:]
    let end = Int(status.st_size)
    var position = end
    // The beginning of the block after, as far as its first LF: the rest of a line that begins before it. What stands after
    // the file's last LF isn't valid as a line, or is torn by one byte alone and says nothing wrong.
    var rest: [UInt8] = []
    while position > 0, end - position < reach, uses.count < tokens.count {
      let count = min(blockSize, position)
      position -= count
      var block = [UInt8](repeating: 0, count: count)
      guard pread(descriptor, &block, count, off_t(position)) == count else {
        throw Unreadable(reason: "it can't be read to its end")
      }
      block += rest
      // A line begins here only at the file's very beginning.
      let start = position == 0 ? 0 : block.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? block.count
      note(block[start...], of: tokens, in: &uses)
      rest = start <= AuditRecord.lineLimit ? Array(block[..<start]) : []
    }
    return uses
  }

  /// Looks through whole lines, from their end.
  private static func note(_ lines: ArraySlice<UInt8>, of tokens: Set<String>, in uses: inout [String: Timestamp]) {
    lines.withUnsafeBufferPointer { lines in
      var place = lines.count
      while place > 0 {
        place -= 1
        guard lines[place] == UInt8(ascii: "{"), let token = token(at: place, in: lines), tokens.contains(token),
          uses[token] == nil, let record = try? AuditLine(line(around: place, in: lines))
        else { continue }
        uses[token] = Timestamp(iso8601: record.time)
      }
    }
  }

  /// The token that the object is about which begins here, if it is a caller. In a valid line this can't stand inside a
  /// string: its quotation marks would be escaped.
  private static func token(at place: Int, in lines: UnsafeBufferPointer<UInt8>) -> String? {
    let (start, end) = (place + 1 + tokenMark.count, place + 1 + tokenMark.count + idLength)
    guard place >= callerMark.count, end <= lines.count,
      lines[(place - callerMark.count)..<place].elementsEqual(callerMark),
      lines[(place + 1)..<start].elementsEqual(tokenMark)
    else { return nil }
    return String(decoding: lines[start..<end], as: UTF8.self)
  }

  private static func line(around place: Int, in lines: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let lineFeed = UInt8(ascii: "\n")
    let start = lines[..<place].lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
    return Array(lines[start...].prefix { $0 != lineFeed }) + [lineFeed]
  }
}
