import Glibc
import TestSupport
import Testing

@testable import HTTPListener

@Suite("UNIX sockets")
struct UnixSocketTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func socket(_ name: String = "s", mode: mode_t = 0o660, group: gid_t? = nil) throws -> ListeningSocket {
    var options = ListenOptions()
    options.mode = mode
    options.group = group
    return try ListeningSocket(.unix(path: folder.file(name)), options: options)
  }

  private func error(_ name: String = "s") -> ListenError? {
    #expect(throws: ListenError.self) { try socket(name) }
  }

  private func inode(_ name: String = "s") -> ino_t? {
    var status = stat()
    return lstat(folder.file(name), &status) == 0 ? status.st_ino : nil
  }

  @Test("Before it is opened nothing is at its path; from then on it is, with its mode and group, and nothing else")
  func opens() throws {
    let socket = try socket(mode: 0o606, group: getegid())
    #expect(inode() == nil)
    try socket.open()
    socket.settle()
    #expect(folder.names == ["s"])
    var status = stat()
    try #require(lstat(folder.file("s"), &status) == 0)
    #expect(status.st_mode == S_IFSOCK | 0o606)
    #expect(status.st_gid == getegid())
    socket.close()
    #expect(folder.names == [])
  }

  @Test("One that goes without having been opened leaves nothing, and touches nothing")
  func neverOpened() throws {
    let before = try socket()
    try before.open()
    before.settle()
    let inode = inode()
    _ = try socket()
    #expect(folder.names == ["s"] && self.inode() == inode)
    before.close()
  }

  @Test("It takes the path of one before; that one, when it ends, leaves it alone")
  func takesOver() throws {
    let before = try socket()
    try before.open()
    before.settle()
    let after = try socket()
    try after.open()
    after.settle()
    let inode = inode()
    #expect(inode != nil && folder.names == ["s"])
    before.close()
    #expect(self.inode() == inode)
    after.close()
    #expect(folder.names == [])
  }

  @Test("One that was opened and is given up before it is settled puts the one before back")
  func putsBack() throws {
    let before = try socket()
    try before.open()
    before.settle()
    let inode = inode()
    do {
      let after = try socket()
      try after.open()
      #expect(self.inode() != inode)
    }
    #expect(folder.names == ["s"] && self.inode() == inode)
    before.close()
  }

  @Test("What was left by a process that died is replaced")
  func stale() throws {
    do {
      let dead = try socket("other")
      try dead.open()
      try #require(rename(folder.file("other"), folder.file("s")) == 0)
    }
    let inode = inode()
    #expect(inode != nil)
    let socket = try socket()
    try socket.open()
    socket.settle()
    #expect(self.inode() != inode && folder.names == ["s"])
    socket.close()
  }

  @Test(
    "What isn't a socket is left alone: a file, a folder, a link, a pipe",
    arguments: ["file", "folder", "link", "fifo"])
  func notASocket(kind: String) throws {
    switch kind {
    case "file": try folder.write("x".utf8, to: "s")
    case "folder": try #require(mkdir(folder.file("s"), 0o700) == 0)
    case "link": try #require(symlink("elsewhere", folder.file("s")) == 0)
    default: try #require(mkfifo(folder.file("s"), 0o600) == 0)
    }
    let inode = inode()
    #expect(error()?.reason.contains("isn't a socket") == true)
    #expect(self.inode() == inode && folder.names == ["s"])
  }

  @Test(
    "Another user's socket is left alone",
    .enabled(if: geteuid() == 0, "only root can make one that is another user's"))
  func anotherUsers() throws {
    let before = try socket()
    try before.open()
    before.settle()
    try #require(chown(folder.file("s"), 4711, gid_t.max) == 0)
    let inode = inode()
    #expect(error()?.reason.contains("another user") == true)
    #expect(self.inode() == inode && folder.names == ["s"])
  }

  @Test("What comes to its path before it is opened is left alone as well")
  func lateFile() throws {
    let socket = try socket()
    try folder.write("x".utf8, to: "s")
    #expect(throws: ListenError.self) { try socket.open() }
    socket.close()
    #expect(folder.names == ["s"])
  }

  @Test("A path that is too long is told with its length, and the longest one works")
  func tooLong() throws {
    let room = UnixSocketFile.pathLimit - folder.file("").utf8.count
    let longest = String(repeating: "x", count: room)
    let socket = try socket(longest)
    try socket.open()
    socket.close()
    #expect(error(longest + "x")?.reason == "the path has 99 bytes, and a UNIX socket's may have 98")
    #expect(folder.names == [])
  }

  @Test("A folder that isn't there is told")
  func noFolder() {
    #expect(error("missing/s")?.description.hasSuffix("/missing/s: No such file or directory") == true)
  }
}
