/// A request's head of which more has to come (RFC 9112, section 2).
enum UnfinishedHead {
  /// How many of the bytes are whole lines of one; the last line may be there in part.
  ///
  /// - Parameter start: how many were before. They aren't looked through again.
  /// - Returns: `nil` if the head may be whole, or isn't as it should be. Then whoever parses it can say so: a client that
  ///   speaks TLS, say, waits for an answer to what is no line at all.
  static func lines(in bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
    var rest = bytes.dropFirst(start)
    while let end = rest.firstIndex(where: isControl) {
      let line = rest[..<end]
      // A CR that is the last byte waits for its LF. Any other control character, an LF alone too, is none of a line's end.
      guard bytes[end] == UInt8(ascii: "\r") else { return nil }
      guard end + 1 < bytes.endIndex else { break }
      guard bytes[end + 1] == UInt8(ascii: "\n"), mayGoOn(line, isFirst: line.startIndex == bytes.startIndex) else {
        return nil
      }
      rest = bytes[(end + 2)...]
    }
    return rest.startIndex - bytes.startIndex
  }

  private static func mayGoOn(_ line: ArraySlice<UInt8>, isFirst: Bool) -> Bool {
    if isFirst { return line.dropLast().suffix(8).elementsEqual(" HTTP/1.".utf8) }
    guard let first = line.first, first != UInt8(ascii: " "), first != UInt8(ascii: "\t") else { return false }
    return line.contains(UInt8(ascii: ":"))
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F
  }
}
