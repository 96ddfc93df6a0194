import Glibc

/// The real file system.
package struct PosixFileSystem: LogFileSystem {
  package init() {
    // A file-size limit raises SIGXFSZ, which would end the process; ignored, the write fails with EFBIG instead.
    signal(SIGXFSZ, SIG_IGN)
  }

  package func open(_ path: String) throws(FileError) -> any LogFile {
    // Whether we made the file has to be known, to sync its folder and to set its mode whatever the umask.
    var descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
    let isNew = descriptor >= 0
    if !isNew, errno == EEXIST {
      descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC)
    }
    guard descriptor >= 0 else { throw FileError("open") }
    do throws(FileError) {
      guard !isNew || fchmod(descriptor, 0o640) == 0 else { throw FileError("fchmod") }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        throw errno == EWOULDBLOCK
          ? FileError(operation: "flock", code: errno, reason: "another process is writing to it") : FileError("flock")
      }
      return try PosixLogFile(descriptor: descriptor, isNew: isNew)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  package func identity(of path: String) -> FileIdentity? {
    var status = stat()
    return stat(path, &status) == 0 ? FileIdentity(status) : nil
  }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    guard Glibc.rename(path, newPath) == 0 else { throw FileError("rename") }
  }

  package func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 else { throw FileError("unlink") }
  }

  package func syncDirectory(of path: String) throws(FileError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError("fsync") }
  }
}

/// A log file by its descriptor.
final class PosixLogFile: LogFile {
  let identity: FileIdentity
  let isNew: Bool
  private let descriptor: Int32

  /// - Throws: `FileError`; then the descriptor is still the caller's to close.
  init(descriptor: Int32, isNew: Bool) throws(FileError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("fstat") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(operation: "open", code: EINVAL, reason: "it isn't a regular file")
    }
    identity = FileIdentity(status)
    self.descriptor = descriptor
    self.isNew = isNew
  }

  var name: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return path.split(separator: "/").last.map(String.init) ?? "unknown"
  }

  func size() throws(FileError) -> Int64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("fstat") }
    return Int64(status.st_size)
  }

  func tail(limit: Int) throws(FileError) -> [UInt8] {
    let size = Int(try size())
    var bytes = [UInt8](repeating: 0, count: min(limit, size))
    let count = pread(descriptor, &bytes, bytes.count, off_t(size - bytes.count))
    guard count == bytes.count else { throw FileError("pread") }
    return bytes
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    let count = write(descriptor, bytes, bytes.count)
    guard count == bytes.count else {
      // A short write sets no errno: the disk is full, or a limit is reached.
      throw count < 0 ? FileError("write") : FileError(operation: "write", code: ENOSPC, reason: "short write")
    }
  }

  func sync() throws(FileError) {
    guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync") }
  }

  func truncate(to size: Int64) throws(FileError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("ftruncate") }
  }

  func close() {
    Glibc.close(descriptor)
  }
}

extension FileError {
  /// The call that has just failed; reads `errno` before anything else happens.
  fileprivate init(_ operation: String) {
    let code = errno
    self.init(operation: operation, code: code, reason: String(cString: strerror(code)))
  }
}

extension FileIdentity {
  fileprivate init(_ status: stat) {
    self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}
