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
    list.utf8.contains(self)
  }
}

extension String {
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
