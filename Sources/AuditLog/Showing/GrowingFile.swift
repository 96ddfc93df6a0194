import GatewayCore
import Glibc

/// A file that may grow while it is read, line by line, without copying the lines.
final class GrowingFile {
  /// A block, which any valid line fits into.
  private static let capacity = 2 * AuditRecord.lineLimit

  let path: String
  let identity: FileIdentity
  /// Whether it is a file, and no pipe or terminal.
  let isRegular: Bool
  /// How many of its lines weren't records; counted by whoever reads it.
  var badLines = 0
  /// How many lines have ended so far.
  private(set) var lineNumber = 0
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  /// How many bytes of the buffer wait for the end of their line.
  private var waiting = 0
  private var offset = 0
  /// Whether the line is too long for the buffer, and goes unread up to its end.
  private var isSkipping = false

  /// - Throws: `FileError`.
  init(path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = FileError("fstat")
      close(descriptor)
      throw error
    }
    identity = FileIdentity(status)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    buffer = .allocate(byteCount: Self.capacity, alignment: 16)
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// Whether there are bytes after the last line's end.
  var hasTornEnd: Bool {
    waiting > 0 || isSkipping
  }

  /// Whether the file has less in it than was read of it: somebody cut it.
  var wasCut: Bool {
    var status = stat()
    return isRegular && fstat(descriptor, &status) == 0 && Int(status.st_size) < offset
  }

  /// Begins again.
  func rewind() {
    lseek(descriptor, 0, SEEK_SET)
    (lineNumber, waiting, offset, isSkipping) = (0, 0, 0, false)
  }

  /// Reads a block, and hands over each line that ends in it, with its LF; `nil` for one that is too long.
  ///
  /// - Returns: whether there was anything to read.
  /// - Throws: `FileError`, or what `take` throws.
  func readBlock(_ take: (UnsafeRawBufferPointer?) throws -> Void) throws -> Bool {
    var count = 0
    repeat {
      count = read(descriptor, buffer.baseAddress?.advanced(by: waiting), buffer.count - waiting)
    } while count < 0 && errno == EINTR
    guard count >= 0 else { throw FileError("read") }
    guard count > 0 else { return false }
    offset += count
    let filled = UnsafeRawBufferPointer(rebasing: buffer[..<(waiting + count)])
    var start = 0
    // What waited has no end in it.
    var searched = waiting
    while let end = filled.place(of: UInt8(ascii: "\n"), from: searched) {
      lineNumber += 1
      let line = UnsafeRawBufferPointer(rebasing: filled[start...end])
      (start, searched) = (end + 1, end + 1)
      let isWhole = !isSkipping
      isSkipping = false
      try take(isWhole ? line : nil)
    }
    waiting = filled.count - start
    if waiting == buffer.count {
      (waiting, isSkipping) = (0, true)
    } else if start > 0, waiting > 0 {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: filled[start...]))
    }
    if isSkipping { waiting = 0 }
    return true
  }
}

extension UnsafeRawBufferPointer {
  /// Where this byte stands next.
  fileprivate func place(of byte: UInt8, from position: Int) -> Int? {
    guard position < count, let base = baseAddress,
      let found = memchr(base + position, Int32(byte), count - position)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
