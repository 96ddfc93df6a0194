import TestSupport
import Testing

@testable import AuditLog

@Suite("LineReader")
struct LineReaderTests {
  private static let blockSize = 1 << 18
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The file's lines, as the reader gives them.
  private func lines(of bytes: [UInt8]) throws -> [[UInt8]] {
    var reader = try LineReader(path: folder.write(bytes, to: "lines"))
    var lines: [[UInt8]] = []
    while let line = try reader.next() { lines.append(line) }
    #expect(try reader.next() == nil)
    return lines
  }

  /// A line of so many bytes, its LF included.
  private static func line(_ byteCount: Int, _ byte: UInt8) -> [UInt8] {
    [UInt8](repeating: byte, count: byteCount - 1) + [UInt8(ascii: "\n")]
  }

  @Test("An empty file has no lines")
  func empty() throws {
    #expect(try lines(of: []) == [])
  }

  @Test("Each line comes with its LF, an empty one too")
  func plain() throws {
    #expect(try lines(of: Array("one\n\nthree\n".utf8)).map(\.text) == ["one\n", "\n", "three\n"])
  }

  @Test("A last line without LF comes as it is")
  func noFinalLineFeed() throws {
    #expect(try lines(of: Array("one\ntwo".utf8)).map(\.text) == ["one\n", "two"])
  }

  @Test("A line that ends just before, on or after a block's border is whole", arguments: [-2, -1, 0, 1, 2])
  func blockBorder(offset: Int) throws {
    let expected = [
      Self.line(Self.blockSize + offset, UInt8(ascii: "a")), Self.line(40, UInt8(ascii: "b")),
      Self.line(Self.blockSize, UInt8(ascii: "c")), Self.line(1, UInt8(ascii: "d")),
    ]
    #expect(try lines(of: expected.flatMap { $0 }) == expected)
  }

  @Test("A line longer than several blocks is whole, with or without LF", arguments: [true, false])
  func longLine(endsInLineFeed: Bool) throws {
    let long = Self.line(3 * Self.blockSize + 17, UInt8(ascii: "x"))
    let expected = [Self.line(5, UInt8(ascii: "a")), endsInLineFeed ? long : Array(long.dropLast())]
    #expect(try lines(of: expected.flatMap { $0 }) == expected)
  }

  @Test("A file of just one block, with no LF at its end, comes as one line")
  func wholeBlock() throws {
    let block = [UInt8](repeating: UInt8(ascii: "x"), count: Self.blockSize)
    #expect(try lines(of: block) == [block])
  }

  @Test("A file that isn't there, or is a folder, is told of")
  func unreadable() throws {
    #expect(throws: FileError.self) { _ = try LineReader(path: folder.file("missing")) }
    #expect(throws: FileError.self) {
      var reader = try LineReader(path: folder.path)
      _ = try reader.next()
    }
  }
}
