import Clocks
import GatewayCore
import Glibc
import Logging
import TestSupport
import Testing

@testable import GatewayServer

@Suite("TokensReloader")
struct TokensReloaderTests {
  private let folder: TemporaryFolder
  private let file: TokensFile
  private let table = TokenTable()
  private let log = LogRecorder()
  private let old = Samples.token("old")
  private let new = Samples.token("new")

  init() throws {
    folder = try TemporaryFolder()
    file = TokensFile(path: folder.file("tokens.json"))
    try write([old.entry])
  }

  private func write(_ tokens: [TokenEntry]) throws {
    try folder.write(TokensDocument(tokens: tokens).bytes, to: "tokens.json")
  }

  private func makeReloader() throws -> TokensReloader {
    try TokensReloader(file: file, table: table, logger: log.logger)
  }

  private func isKnown(_ token: (token: GatewayToken, entry: TokenEntry)) -> Bool {
    table.entry(for: token.token.hash) != nil
  }

  @Test("At the start the file's tokens are in force")
  func loads() throws {
    let reloader = try makeReloader()
    #expect(isKnown(old))
    #expect(reloader.isCurrent)
    #expect(reloader.failureCount == 0)
  }

  @Test("A bad file at the start is an error, not an empty table")
  func badAtStart() throws {
    try folder.write("{".utf8, to: "tokens.json")
    #expect(throws: TokensFileError.self) { try makeReloader() }
  }

  @Test("A file that hasn't changed isn't read again")
  func unchanged() throws {
    let reloader = try makeReloader()
    reloader.reloadIfChanged()
    reloader.reloadIfChanged()
    #expect(log.lines == [])
  }

  @Test("Edited in place, the file counts: a new token is known, a revoked one isn't")
  func editedInPlace() throws {
    let reloader = try makeReloader()
    try write([new.entry, Samples.token("third").entry])
    reloader.reloadIfChanged()
    #expect(isKnown(new))
    #expect(!isKnown(old))
    #expect(table.count == 2)
    #expect(log.lines == [.init(level: .notice, message: "tokens loaded", metadata: ["tokens": "2"])])
  }

  @Test("Replaced by another file of the same length, the file counts")
  func replaced() throws {
    let reloader = try makeReloader()
    try file.update(creating: false) { $0.tokens = [new.entry] }
    reloader.reloadIfChanged()
    #expect(isKnown(new))
    #expect(!isKnown(old))
  }

  @Test("A symbolic link that leads elsewhere counts, as a mounted secret changes")
  func linkSwapped() throws {
    try folder.write(TokensDocument(tokens: [new.entry]).bytes, to: "second.json")
    #expect(rename(file.path, folder.file("first.json")) == 0)
    #expect(symlink("first.json", file.path) == 0)
    let reloader = try makeReloader()
    #expect(symlink("second.json", folder.file("link")) == 0)
    #expect(rename(folder.file("link"), file.path) == 0)
    reloader.reloadIfChanged()
    #expect(isKnown(new))
    #expect(!isKnown(old))
  }

  @Test(
    "A bad file changes nothing, is told once, and never quoted",
    arguments: ["", "{", "{\"version\":1,\"tokens\":[{\"name\":\"cgw_secret\"}]}"])
  func badFile(text: String) throws {
    let reloader = try makeReloader()
    try folder.write(text.utf8, to: "tokens.json")
    reloader.reloadIfChanged()
    reloader.reloadIfChanged()
    #expect(isKnown(old))
    #expect(!reloader.isCurrent)
    #expect(reloader.failureCount == 1)
    #expect(log.lines.map(\.level) == [.error])
    #expect(!log.text.contains("secret"))
  }

  @Test("Once the file is good again, it counts")
  func recovers() throws {
    let reloader = try makeReloader()
    try folder.write("{".utf8, to: "tokens.json")
    reloader.reloadIfChanged()
    try write([new.entry])
    reloader.reloadIfChanged()
    #expect(reloader.isCurrent)
    #expect(reloader.failureCount == 1)
    #expect(isKnown(new))
    #expect(!isKnown(old))
  }

  @Test("The file is gone: the last good tokens stay; it is back: it counts")
  func goneAndBack() throws {
    let reloader = try makeReloader()
    #expect(unlink(file.path) == 0)
    reloader.reloadIfChanged()
    reloader.reloadIfChanged()
    #expect(isKnown(old))
    #expect(!reloader.isCurrent)
    #expect(reloader.failureCount == 1)
    try write([new.entry])
    reloader.reloadIfChanged()
    #expect(isKnown(new))
    #expect(reloader.isCurrent)
  }

  @Test("A mode that lets others write is noticed, and its mending too")
  func mode() throws {
    let reloader = try makeReloader()
    #expect(chmod(file.path, 0o666) == 0)
    reloader.reloadIfChanged()
    #expect(!reloader.isCurrent)
    #expect(isKnown(old))
    #expect(chmod(file.path, 0o600) == 0)
    reloader.reloadIfChanged()
    #expect(reloader.isCurrent)
  }

  @Test("What was read while it was being written is read again, even if no stamp tells that it has changed since")
  func torn() throws {
    let reloader = try makeReloader()
    let whole = TokensDocument(tokens: [new.entry]).bytes
    var torn = whole
    torn[0] = UInt8(ascii: "?")
    try folder.write(torn, to: "tokens.json")
    // A change through memory leaves size and inode alone, and after the first one the times as well.
    let descriptor = open(file.path, O_RDWR)
    defer { close(descriptor) }
    let memory = try #require(mmap(nil, whole.count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0))
    defer { munmap(memory, whole.count) }
    memory.storeBytes(of: torn[1], toByteOffset: 1, as: UInt8.self)
    for _ in 0..<3 { reloader.reloadIfChanged() }
    #expect(!reloader.isCurrent)
    #expect(reloader.failureCount == 1)
    #expect(isKnown(old))
    memory.storeBytes(of: whole[0], as: UInt8.self)
    reloader.reloadIfChanged()
    #expect(reloader.isCurrent)
    #expect(isKnown(new))
    #expect(log.lines.map(\.level) == [.error, .notice])
  }

  @Test("What kept the file from being read passes by itself: then it counts, though the file is as it was")
  func passingTrouble() throws {
    // So much later than the file's last change that its stamp is enough.
    let clock = WallClock { WallClock.system.now().advanced(by: .seconds(60)) }
    let reloader = try TokensReloader(file: file, table: table, clock: clock, logger: log.logger)
    try write([new.entry])
    #expect(chmod(folder.path, 0o777) == 0)
    for _ in 0..<3 { reloader.reloadIfChanged() }
    #expect(!reloader.isCurrent)
    #expect(isKnown(old))
    #expect(chmod(folder.path, 0o700) == 0)
    reloader.reloadIfChanged()
    #expect(reloader.isCurrent)
    #expect(isKnown(new))
    #expect(reloader.failureCount == 1)
    #expect(log.lines.map(\.level) == [.error, .notice])
  }

  @Test("A stamp is enough once the last change is some seconds old, or is said to come")
  func settled() throws {
    let stamp = try #require(file.stamp)
    let now = WallClock.system.now()
    #expect(!stamp.isSettled(at: now))
    #expect(stamp.isSettled(at: now.advanced(by: .seconds(10))))
    #expect(stamp.isSettled(at: now.advanced(by: .seconds(-10))))
  }

  @Test("Told to, it reads the file whether it changed or not")
  func reload() throws {
    let reloader = try makeReloader()
    reloader.reload()
    #expect(log.lines.count == 1)
    try folder.write("{".utf8, to: "tokens.json")
    reloader.reload()
    reloader.reload()
    #expect(reloader.failureCount == 2)
  }
}
