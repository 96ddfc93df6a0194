import Glibc
import TestSupport
import Testing

@testable import GatewayServer

@Suite("FolderTrust")
struct FolderTrustTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["a", "a/b", "c"] { try makeFolder(name, mode: 0o755) }
  }

  private func makeFolder(_ name: String, mode: mode_t) throws {
    try #require(mkdir(folder.file(name), 0o700) == 0)
    change(name, to: mode)
  }

  private func change(_ name: String, to mode: mode_t) {
    #expect(chmod(folder.file(name), mode) == 0)
  }

  private func openFolder(of name: String) -> String? {
    FolderTrust.folderOpenToAll(of: folder.file(name))
  }

  @Test(
    "Folders that a group may write to are taken, and so is one with the sticky bit",
    arguments: [mode_t(0o700), 0o775, 0o1777])
  func taken(mode: mode_t) {
    change("a/b", to: mode)
    #expect(openFolder(of: "a/b/file") == nil)
  }

  @Test(
    "One that anyone may write to is named, however far up it is, and whether there is a file or not",
    arguments: ["a", "a/b"])
  func refused(name: String) throws {
    change(name, to: 0o757)
    #expect(openFolder(of: "a/b/file") == folder.file(name))
    try folder.write([], to: "a/b/file")
    #expect(openFolder(of: "a/b/file") == folder.file(name))
  }

  @Test("Of a link, both the folder that it lies in and the one that it leads to count", arguments: ["a/b", "c"])
  func links(name: String) throws {
    try folder.write([], to: "a/b/file")
    #expect(symlink("../a/b/file", folder.file("c/link")) == 0)
    #expect(openFolder(of: "c/link") == nil)
    change(name, to: 0o777)
    #expect(openFolder(of: "c/link") == folder.file(name))
  }

  @Test("A path without a folder lies in the working one, and the root has a folder, too")
  func short() {
    #expect(FolderTrust.folderOpenToAll(of: "/") == nil)
    #expect(FolderTrust.folderOpenToAll(of: "/file") == nil)
    #expect(FolderTrust.folderOpenToAll(of: "Package.swift") == nil)
  }
}
