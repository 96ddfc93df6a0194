extension UInt8 {
  /// `0`–`9`.
  package var isASCIIDigit: Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }

  /// `a`–`z`.
  package var isASCIILowercase: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
  }

  /// `A`–`Z`, `a`–`z`, `0`–`9`.
  package var isASCIIAlphanumeric: Bool {
    isASCIIDigit || isASCIILowercase || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
  }

  /// Whether it is one of the ASCII characters in `list`.
  package func isOne(of list: String) -> Bool {
    !list.allBytes { $0 != self }
  }
}

extension String {
  /// Whether all bytes of its UTF-8 are so. `utf8.allSatisfy` says the same, many times slower: it goes by indices.
  @inline(__always)
  package func allBytes(_ isSo: (UInt8) -> Bool) -> Bool {
    let bytes = utf8.span
    for index in bytes.indices where !isSo(bytes[index]) { return false }
    return true
  }

  /// The folder that the file of this path is in.
  package var folderPath: String {
    // Bytes: to Swift, a slash and a mark behind it are one character, and no slash.
    guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }
}

extension Substring {
  /// Without white space, line ends included, at its ends.
  package var trimmed: Substring {
    let start = drop(while: \.isWhitespace)
    return start.lastIndex(where: { !$0.isWhitespace }).map { start[...$0] } ?? ""
  }
}
