import Clocks
import Glibc
import TestSupport
import Testing

@testable import AuditLog

@Suite("PosixFileSystem")
struct PosixFileSystemTests {
  private let folder: TemporaryFolder
  private let files = PosixFileSystem()

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("A file that wasn't there is made; one that was is opened")
  func isNew() throws {
    let made = try files.open(folder.file("audit.jsonl"))
    #expect(made.isNew)
    made.close()
    let opened = try files.open(folder.file("audit.jsonl"))
    #expect(!opened.isNew)
    opened.close()
  }

  @Test("A log is made with mode 0640, whatever the umask is")
  func mode() throws {
    // The umask belongs to the whole process. For a moment other tests' files get tighter modes, never looser ones.
    let umaskBefore = umask(0o077)
    defer { umask(umaskBefore) }
    try files.open(folder.file("audit.jsonl")).close()
    #expect(folder.mode(of: "audit.jsonl") == 0o640)
  }

  @Test("A second writer is refused as long as the first has the file, and told why")
  func secondWriter() throws {
    let first = try files.open(folder.file("audit.jsonl"))
    let error = #expect(throws: FileError.self) { try files.open(folder.file("audit.jsonl")) }
    #expect(error?.operation == "flock")
    #expect(error?.reason == "another process is writing to it")
    first.close()
    let second = try files.open(folder.file("audit.jsonl"))
    second.close()
  }

  @Test("A folder isn't a log")
  func folderRefused() throws {
    #expect(mkdir(folder.file("audit.jsonl"), 0o755) == 0)
    let error = #expect(throws: FileError.self) { try files.open(folder.file("audit.jsonl")) }
    #expect(error?.code == EISDIR)
  }

  @Test("A FIFO isn't a log, and opening it doesn't wait for a reader")
  func fifoRefused() throws {
    #expect(mkfifo(folder.file("audit.jsonl"), 0o600) == 0)
    let error = #expect(throws: FileError.self) { try files.open(folder.file("audit.jsonl")) }
    #expect(error?.reason == "it isn't a regular file")
  }

  @Test("A symbolic link to a log is followed; one that leads nowhere makes no file")
  func symbolicLink() throws {
    try folder.write([], to: "real.jsonl")
    #expect(symlink("real.jsonl", folder.file("link.jsonl")) == 0)
    let file = try files.open(folder.file("link.jsonl"))
    #expect(file.name == "real.jsonl")
    #expect(files.identity(of: folder.file("link.jsonl")) == file.identity)
    file.close()
    #expect(symlink("nowhere.jsonl", folder.file("dangling.jsonl")) == 0)
    let error = #expect(throws: FileError.self) { try files.open(folder.file("dangling.jsonl")) }
    #expect(error?.code == ENOENT)
    #expect(!folder.names.contains("nowhere.jsonl"))
  }

  @Test("A path is free if nothing is there: a link that leads nowhere is something")
  func isFree() throws {
    try folder.write([], to: "audit.jsonl")
    #expect(symlink("nowhere.jsonl", folder.file("dangling.jsonl")) == 0)
    #expect(files.isFree(folder.file("missing.jsonl")))
    #expect(!files.isFree(folder.file("audit.jsonl")))
    #expect(!files.isFree(folder.file("dangling.jsonl")))
    // Not known to be free: what is there can't be told.
    #expect(!files.isFree(folder.file("audit.jsonl/inside")))
  }

  @Test("A log that is there is opened without making one, and is locked like any other")
  func openExisting() throws {
    #expect(throws: FileError(operation: "open", code: ENOENT, reason: "No such file or directory")) {
      try files.openExisting(folder.file("audit.jsonl"))
    }
    #expect(folder.names == [])
    try folder.write(Array("one\n".utf8), to: "audit.jsonl")
    let file = try files.openExisting(folder.file("audit.jsonl"))
    try file.append(Array("two\n".utf8))
    #expect(try folder.read("audit.jsonl").text == "one\ntwo\n")
    let error = #expect(throws: FileError.self) { try files.openExisting(folder.file("audit.jsonl")) }
    #expect(error?.isNotOurs == true)
    file.close()
  }

  @Test("What lies beside the log and is no log of ours is told from one that can't be opened")
  func notOurs() throws {
    #expect(mkdir(folder.file("folder"), 0o755) == 0)
    #expect(mkfifo(folder.file("fifo"), 0o600) == 0)
    for name in ["folder", "fifo", "missing"] {
      let error = #expect(throws: FileError.self) { try files.openExisting(folder.file(name)) }
      #expect(error?.isNotOurs == true)
    }
    #expect(!FileError(operation: "open", code: EACCES, reason: "Permission denied").isNotOurs)
  }

  @Test("The names beside a path are those of its folder; one that isn't there has none")
  func names() throws {
    try folder.write([], to: "audit.jsonl")
    try folder.write([], to: "audit.jsonl.1")
    #expect(Set(try files.names(beside: folder.file("audit.jsonl"))) == [".", "..", "audit.jsonl", "audit.jsonl.1"])
    let error = #expect(throws: FileError.self) { try files.names(beside: folder.file("missing/audit.jsonl")) }
    #expect(error?.code == ENOENT)
  }

  @Test("The free space is told of the folder that a log would be made in")
  func freeSpace() throws {
    var status = statvfs()
    #expect(statvfs(folder.path, &status) == 0)
    #expect(try files.freeSpace(of: folder.file("audit.jsonl")) > 0)
    #expect(try files.freeSpace(of: folder.file("audit.jsonl")) <= Int64(status.f_blocks) * Int64(status.f_frsize))
  }

  @Test("A folder that isn't there is told in the system's words")
  func missingFolder() {
    #expect(throws: FileError(operation: "open", code: ENOENT, reason: "No such file or directory")) {
      try files.open(folder.file("missing/audit.jsonl"))
    }
  }

  @Test("What is appended stands at the end; size and read tell of it")
  func appendAndRead() throws {
    let file = try files.open(folder.file("audit.jsonl"))
    defer { file.close() }
    #expect(try file.size() == 0)
    #expect(try file.read(at: 0, limit: 100) == [])
    try file.append(Array("first\n".utf8))
    try file.append(Array("second\n".utf8))
    try file.sync()
    #expect(try file.size() == 13)
    #expect(try file.read(at: 0, limit: 100).text == "first\nsecond\n")
    #expect(try file.read(at: 6, limit: 3).text == "sec")
    #expect(try file.read(at: 6, limit: 100).text == "second\n")
    #expect(try file.read(at: 13, limit: 100) == [])
    #expect(try folder.read("audit.jsonl").text == "first\nsecond\n")
  }

  @Test("Cut back, the file goes on from there")
  func truncate() throws {
    let file = try files.open(folder.file("audit.jsonl"))
    defer { file.close() }
    try file.append(Array("good\ntorn".utf8))
    try file.truncate(to: 5)
    try file.append(Array("next\n".utf8))
    #expect(try folder.read("audit.jsonl").text == "good\nnext\n")
  }

  @Test("The file's name is the one it has now; its identity stays")
  func rename() throws {
    let file = try files.open(folder.file("audit.jsonl"))
    defer { file.close() }
    #expect(file.name == "audit.jsonl")
    try files.rename(folder.file("audit.jsonl"), to: folder.file("audit.jsonl.1"))
    #expect(file.name == "audit.jsonl.1")
    #expect(files.identity(of: folder.file("audit.jsonl")) == nil)
    #expect(files.identity(of: folder.file("audit.jsonl.1")) == file.identity)
    let next = try files.open(folder.file("audit.jsonl"))
    defer { next.close() }
    #expect(next.identity != file.identity)
  }

  @Test("Removing takes the name away; what isn't there can't be removed or renamed")
  func remove() throws {
    try folder.write([], to: "audit.jsonl")
    try files.remove(folder.file("audit.jsonl"))
    #expect(folder.names == [])
    #expect(throws: FileError(operation: "unlink", code: ENOENT, reason: "No such file or directory")) {
      try files.remove(folder.file("audit.jsonl"))
    }
    #expect(throws: FileError(operation: "rename", code: ENOENT, reason: "No such file or directory")) {
      try files.rename(folder.file("audit.jsonl"), to: folder.file("other"))
    }
  }

  @Test("The folder of a path can be synced; one that is gone can't")
  func syncDirectory() throws {
    try files.syncDirectory(of: folder.file("audit.jsonl"))
    try files.syncDirectory(of: "audit.jsonl")
    try files.syncDirectory(of: "/audit.jsonl")
    let error = #expect(throws: FileError.self) { try files.syncDirectory(of: folder.file("missing/audit.jsonl")) }
    #expect(error?.code == ENOENT)
  }

  @Test("A writer on real files: begun, rotated, closed, begun again; the check finds it whole")
  func wholeLife() throws {
    let path = folder.file("audit.jsonl")
    let first = try AuditFileWriter(path: path, files: files, clock: .system, bounds: Samples.bounds)
    try first.append([Samples.intent(1), Samples.outcome(1)])
    try files.rename(path, to: path + ".1")
    #expect(try first.reopen())
    try first.append([Samples.intent(2)])
    try first.close()
    let second = try AuditFileWriter(path: path, files: files, clock: .system, bounds: Samples.bounds)
    try second.close()
    let report = try AuditVerification.verify([path + ".1", path])
    #expect(report.isWhole)
    #expect(report.count == 10)
    #expect(report.intentsWithoutOutcome.isEmpty)
    #expect(report.headHash == (try ChainHead(tail: folder.read("audit.jsonl"))).hash)
  }
}
