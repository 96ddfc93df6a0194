import GatewayCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import GatewayServer

@Suite("TokensFile", .timeLimit(.minutes(2)))
struct TokensFileTests {
  private let folder: TemporaryFolder
  private let file: TokensFile

  init() throws {
    folder = try TemporaryFolder()
    file = TokensFile(path: folder.file("tokens.json"))
  }

  @discardableResult
  private func write(_ count: Int, mode: mode_t = 0o600) throws -> [UInt8] {
    let bytes = Samples.tokensFile(count)
    try folder.write(bytes, to: "tokens.json")
    chmod(file.path, mode)
    return bytes
  }

  private func readError() -> TokensFileError? {
    #expect(throws: TokensFileError.self) { try file.read() }
  }

  @Test("What was written is read")
  func roundTrip() throws {
    let (_, entry) = Samples.token("runbook-eu")
    try folder.write(TokensDocument(tokens: [entry]).bytes, to: "tokens.json")
    #expect(try file.read() == TokensDocument(tokens: [entry]))
  }

  @Test("A file that isn't there says how to make one")
  func missing() {
    let error = readError()
    #expect(error?.isMissing == true)
    #expect(
      error?.description
        == "\(file.path) doesn't exist; make one with 'connection-gateway token create --tokens \(file.path) …'")
    #expect(file.stamp == nil)
  }

  @Test("0640 and tighter modes are taken", arguments: [mode_t(0o640), 0o600, 0o440, 0o400])
  func modeTaken(mode: mode_t) throws {
    try write(2, mode: mode)
    #expect(try file.read().tokens.count == 2)
  }

  @Test(
    "A mode that lets others in is refused, and told",
    arguments: [mode_t(0o644), 0o660, 0o604, 0o602, 0o601, 0o620, 0o610, 0o700, 0o666, 0o777])
  func modeRefused(mode: mode_t) throws {
    try write(2, mode: mode)
    let error = readError()
    #expect(error?.reason.contains("has the mode 0\(String(mode, radix: 8))") == true)
    #expect(error?.reason.contains("chmod 0640") == true)
  }

  @Test("A file that belongs to neither root nor the gateway's user is refused by the gateway, and told")
  func owner() throws {
    try write(2)
    // Only root can give a file away; for anyone else, the gateway is someone else.
    let owner = geteuid() == 0 ? 12_345 : geteuid()
    if geteuid() == 0 { #expect(chown(file.path, owner, getegid()) == 0) }
    let error = #expect(throws: TokensFileError.self) { try file.read(of: owner + 1) }
    #expect(error?.reason.hasPrefix("belongs to the user \(owner), but has to belong to root or") == true)
    #expect(error?.reason.contains("\(owner + 1); chown it") == true)
    #expect(try file.read(of: owner).tokens.count == 2)
    // Whoever may write it may use the commands on it.
    #expect(try file.read().tokens.count == 2)
    if geteuid() == 0 {
      #expect(chown(file.path, 0, getegid()) == 0)
      #expect(try file.read(of: 12_345).tokens.count == 2)
    }
  }

  @Test(
    "In a folder in which anyone may put another file in its place, the file is refused, and neither made nor changed")
  func openFolder() throws {
    let bytes = try write(1)
    #expect(chmod(folder.path, 0o777) == 0)
    let error = readError()
    #expect(
      error?.reason == "lies in \(folder.path), where anyone may put another file in its place; chmod o-w that folder")
    #expect(throws: TokensFileError.self) { try file.update(creating: true) { $0.tokens = [] } }
    #expect(try folder.read("tokens.json") == bytes)
    unlink(file.path)
    #expect(throws: TokensFileError.self) { try file.update(creating: true) { $0.tokens = [Samples.token("a").entry] } }
    #expect(folder.names == [])
    // As /tmp is: there only its owner can take a file away.
    #expect(chmod(folder.path, 0o1777) == 0)
    #expect(throws: Never.self) { try file.update(creating: true) { $0.tokens = [Samples.token("a").entry] } }
    #expect(try file.read().tokens.count == 1)
  }

  @Test("A folder isn't a tokens file")
  func isFolder() {
    #expect(mkdir(file.path, 0o700) == 0)
    #expect(readError()?.reason == "isn't a regular file")
  }

  @Test("A FIFO is refused at once: nobody waits until someone writes to it")
  func isFIFO() async throws {
    #expect(mkfifo(file.path, 0o600) == 0)
    let result = Mutex<TokensFileError?>(nil)
    let reader = Task.detached { [file] in
      do throws(TokensFileError) {
        _ = try file.read()
      } catch {
        result.withLock { $0 = error }
      }
    }
    let isAnswered = await eventually(within: .seconds(3)) { result.withLock { $0 != nil } }
    #expect(isAnswered)
    // Lets a reader go that hangs.
    let descriptor = open(file.path, O_RDWR | O_NONBLOCK)
    await reader.value
    close(descriptor)
    #expect(result.withLock { $0 }?.reason == "isn't a regular file")
  }

  @Test(
    "What isn't a tokens document is refused with what is wrong, and never quoted",
    arguments: [
      "", "{", "[]", "{\"version\":2,\"tokens\":[]}", "{\"version\":1}", "cgw_secret",
      "{\"version\":1,\"tokens\":[],\"secret\":1}", "\0",
    ])
  func malformed(text: String) throws {
    try folder.write(text.utf8, to: "tokens.json")
    let error = readError()
    #expect(error?.reason.hasPrefix("isn't valid: ") == true)
    #expect(error?.isMissing == false)
    #expect(error?.description.contains("secret") == false)
  }

  @Test("Through a folder that isn't one, the system's words are told")
  func unreadable() throws {
    try folder.write([], to: "plain")
    let inside = TokensFile(path: folder.file("plain/tokens.json"))
    let error = #expect(throws: TokensFileError.self) { try inside.read() }
    #expect(error?.reason == "can't be read: Not a directory")
  }

  @Test("The first token makes the file, with mode 0600")
  func creates() throws {
    let (_, entry) = Samples.token("first")
    let count = try file.update(creating: true) { document in
      document.tokens.append(entry)
      return document.tokens.count
    }
    #expect(count == 1)
    #expect(folder.mode(of: "tokens.json") == 0o600)
    #expect(try file.read().tokens == [entry])
    #expect(folder.names == ["tokens.json"])
  }

  @Test("A change to a file that isn't there makes none, unless it may")
  func doesNotCreate() {
    let error = #expect(throws: TokensFileError.self) { try file.update(creating: false) { $0.tokens = [] } }
    #expect(error?.isMissing == true)
    #expect(folder.names == [])
  }

  @Test(
    "A change keeps the file's mode and its owner, and leaves nothing else behind",
    arguments: [mode_t(0o640), 0o600, 0o440])
  func keepsMode(mode: mode_t) throws {
    try write(1, mode: mode)
    let before = file.stamp
    try file.update(creating: false) { $0.tokens.append(Samples.token("second").entry) }
    #expect(folder.mode(of: "tokens.json") == mode)
    #expect(try file.read().tokens.count == 2)
    #expect(file.stamp != before)
    #expect(folder.names == ["tokens.json"])
  }

  @Test("A change is seen whole or not at all: who has the old file open reads the old content to its end")
  func replaces() throws {
    let old = try write(1)
    let descriptor = open(file.path, O_RDONLY)
    defer { close(descriptor) }
    try file.update(creating: false) { $0.tokens = [] }
    var bytes = [UInt8](repeating: 0, count: old.count + 1)
    #expect(read(descriptor, &bytes, bytes.count) == old.count)
    #expect(Array(bytes.dropLast()) == old)
  }

  @Test("A change that fails leaves the file as it was")
  func changeFails() throws {
    let bytes = try write(3)
    #expect(throws: TokensFileError(path: "x", reason: "no")) {
      try file.update(creating: true) { document throws(TokensFileError) in
        document.tokens = []
        throw TokensFileError(path: "x", reason: "no")
      }
    }
    #expect(try folder.read("tokens.json") == bytes)
    #expect(folder.names == ["tokens.json"])
  }

  @Test("A file that can't be read isn't replaced: it may hold tokens", arguments: ["{", "{\"version\":2}"])
  func malformedIsKept(text: String) throws {
    try folder.write(text.utf8, to: "tokens.json")
    #expect(throws: TokensFileError.self) { try file.update(creating: true) { $0.tokens = [] } }
    #expect(try folder.read("tokens.json") == Array(text.utf8))
  }

  @Test("A file that others can write isn't changed")
  func openToOthers() throws {
    let bytes = try write(1, mode: 0o666)
    #expect(throws: TokensFileError.self) { try file.update(creating: true) { $0.tokens = [] } }
    #expect(try folder.read("tokens.json") == bytes)
  }

  @Test("A symbolic link stays, and what it leads to is changed")
  func symbolicLink() throws {
    try folder.write(Samples.tokensFile(1), to: "real.json")
    #expect(symlink("real.json", file.path) == 0)
    try file.update(creating: true) { $0.tokens.append(Samples.token("second").entry) }
    var status = stat()
    #expect(lstat(file.path, &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
    #expect(try TokensFile(path: folder.file("real.json")).read().tokens.count == 2)
    #expect(folder.names == ["real.json", "tokens.json"])
  }

  @Test("A symbolic link that leads to no file stays as it is, and that is told")
  func danglingLink() throws {
    #expect(symlink("real.json", file.path) == 0)
    #expect(readError()?.reason.hasPrefix("is a link to a file that doesn't exist") == true)
    let error = #expect(throws: TokensFileError.self) { try file.update(creating: true) { $0.tokens = [] } }
    #expect(error == readError())
    #expect(folder.names == ["tokens.json"])
    try TokensFile(path: folder.file("real.json")).update(creating: true) {
      $0.tokens.append(Samples.token("first").entry)
    }
    #expect(try file.read().tokens.count == 1)
  }

  @Test("What a command that died left beside the file is no obstacle")
  func staleTemporaryFile() throws {
    try write(1)
    // In a container every command has the same process id.
    try folder.write(Array("{ \"version\"".utf8), to: "tokens.json.\(getpid()).tmp")
    #expect(throws: Never.self) { try file.update(creating: false) { $0.tokens = [] } }
  }

  @Test("Changes from many threads at a time lose nothing, and readers always find a whole file")
  func concurrent() async throws {
    try write(0)
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<6 {
        group.addTask { [file] in
          for number in 0..<10 {
            #expect(throws: Never.self) {
              try file.update(creating: false) { $0.tokens.append(Samples.token("token-\(writer)-\(number)").entry) }
            }
          }
        }
      }
      group.addTask { [file] in
        for _ in 0..<100 { #expect(throws: Never.self) { try file.read() } }
      }
    }
    let names = Set(try file.read().tokens.map(\.name))
    #expect(names.count == 60)
    #expect(folder.names == ["tokens.json"])
  }
}
