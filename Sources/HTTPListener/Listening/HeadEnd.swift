/// The empty line at a request head's end (RFC 9112, section 2.1).
enum HeadEnd {
  /// Whether it may stand there: two line ends, one right after the other. A line may end as libmicrohttpd takes it to,
  /// with CR LF, or with either of them alone.
  ///
  /// - Parameter start: how many of the bytes were looked through before.
  static func mayBe(in bytes: ArraySlice<UInt8>, from start: Int) -> Bool {
    let cr = UInt8(ascii: "\r")
    let lf = UInt8(ascii: "\n")
    // The last byte before may be the first of the two.
    var previous = start > 0 ? bytes[bytes.startIndex + start - 1] : 0
    for byte in bytes.dropFirst(start) {
      let isPair = previous == lf ? byte == lf || byte == cr : previous == cr && byte == cr
      if isPair { return true }
      previous = byte
    }
    return false
  }
}
