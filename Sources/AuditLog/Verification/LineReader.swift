import Glibc

/// Reads a file line by line, holding no more than a line and a block of it.
struct LineReader: ~Copyable {
  private static let blockSize = 1 << 18

  private let descriptor: Int32
  private var block: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  /// - Throws: `FileError`, if the file can't be opened.
  init(path: String) throws(FileError) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      throw FileError(operation: "open", code: code, reason: String(cString: strerror(code)))
    }
  }

  deinit {
    close(descriptor)
  }

  /// The next line with its LF; the file's last bytes without one, if it doesn't end in LF; `nil` at the end.
  mutating func next() throws(FileError) -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if let end = block[position...].firstIndex(of: UInt8(ascii: "\n")) {
        line += block[position...end]
        position = end + 1
        return line
      }
      line += block[position...]
      position = block.endIndex
      guard !isAtEnd else { return line.isEmpty ? nil : line }
      try fill()
    }
  }

  private mutating func fill() throws(FileError) {
    let descriptor = self.descriptor
    var code: Int32 = 0
    block = [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, count in
      let result = read(descriptor, buffer.baseAddress, buffer.count)
      if result < 0 { code = errno }
      count = max(0, result)
    }
    guard code == 0 else { throw FileError(operation: "read", code: code, reason: String(cString: strerror(code))) }
    position = 0
    isAtEnd = block.isEmpty
  }
}
