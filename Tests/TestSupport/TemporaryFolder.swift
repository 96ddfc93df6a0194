import Glibc

/// A folder of a test's own, gone with the test.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    var template = Array("/tmp/connection-gateway-tests.XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw TemporaryFolderError(code: errno) }
    path = String(cString: made)
  }

  deinit {
    Self.empty(path)
    rmdir(path)
  }

  package func file(_ name: String) -> String {
    "\(path)/\(name)"
  }

  /// Writes a file, with mode 0640 whatever the umask is.
  @discardableResult
  package func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let bytes = Array(bytes)
    let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw TemporaryFolderError(code: errno) }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, 0o640) == 0 else {
      throw TemporaryFolderError(code: errno)
    }
    return file(name)
  }

  package func read(_ name: String) throws -> [UInt8] {
    let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TemporaryFolderError(code: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      guard count > 0 else { return bytes }
      bytes += block[..<count]
    }
  }

  /// The permission bits.
  package func mode(of name: String) -> UInt32? {
    var status = stat()
    return stat(file(name), &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  package var names: [String] {
    Self.names(in: path)
  }

  private static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func empty(_ path: String) {
    for name in names(in: path) {
      let inner = "\(path)/\(name)"
      if unlink(inner) != 0 {
        empty(inner)
        rmdir(inner)
      }
    }
  }
}

package struct TemporaryFolderError: Error {
  package let code: Int32
}
