import GatewayCore
import Glibc

/// The real file system.
package struct PosixFileSystem: LogFileSystem {
  /// Whether records are on disk when they are said to be. Always, but in a build that measures what that costs
  /// (`Tests/Benchmarks/run --audit`): no setting makes it otherwise.
  package static var isDurable: Bool {
    #if AUDIT_WITHOUT_SYNC
      false
    #else
      true
    #endif
  }

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
    return try locked(descriptor, isNew: isNew)
  }

  package func openExisting(_ path: String) throws(FileError) -> any LogFile {
    // O_NONBLOCK: a FIFO beside the log must not hold up the start.
    var descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC)
    if descriptor < 0, [EACCES, EPERM, EROFS].contains(errno) {
      descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }
    guard descriptor >= 0 else { throw FileError("open") }
    return try locked(descriptor, isNew: false)
  }

  /// The file of a descriptor that has just been opened; it is closed again if that can't be had.
  private func locked(_ descriptor: Int32, isNew: Bool) throws(FileError) -> any LogFile {
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

  package func isFree(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) != 0 && errno == ENOENT
  }

  package func rename(_ path: String, to newPath: String) throws(FileError) {
    guard Glibc.rename(path, newPath) == 0 else { throw FileError("rename") }
  }

  package func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 else { throw FileError("unlink") }
  }

  package func syncDirectory(of path: String) throws(FileError) {
    let descriptor = Glibc.open(path.folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError("fsync") }
  }

  package func names(beside path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path.folderPath) else { throw FileError("opendir") }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      names.append(name)
      errno = 0
    }
    guard errno == 0 else { throw FileError("readdir") }
    return names
  }

  package func freeSpace(of path: String) throws(FileError) -> Int64 {
    var status = statvfs()
    guard statvfs(path.folderPath, &status) == 0 else { throw FileError("statvfs") }
    // Some file systems of networks claim more than there are numbers for.
    let (bytes, overflow) = status.f_bavail.multipliedReportingOverflow(by: status.f_frsize)
    return overflow ? .max : Int64(clamping: bytes)
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
    return path.unicodeScalars.split(separator: "/").last.map { String($0) } ?? "unknown"
  }

  var hasName: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink > 0
  }

  func size() throws(FileError) -> Int64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("fstat") }
    return Int64(status.st_size)
  }

  func read(at offset: Int64, limit: Int) throws(FileError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
      while filled < limit {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(filled))
        if count < 0, errno == EINTR { continue }
        if count < 0 { code = errno }
        guard count > 0 else { return }
        filled += count
      }
    }
    guard code == 0 else { throw FileError("pread", code) }
    return bytes
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        return write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      // A short write sets no errno. The next one goes on with the rest, or says why it can't.
      guard count > 0 else { throw count < 0 ? FileError("write") : FileError("write", ENOSPC) }
      written += count
    }
  }

  func sync() throws(FileError) {
    #if !AUDIT_WITHOUT_SYNC
      guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync") }
    #endif
  }

  func truncate(to size: Int64) throws(FileError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("ftruncate") }
  }

  func close() {
    // A child that is just being started has the descriptor too, and would keep the lock for as long.
    flock(descriptor, LOCK_UN)
    Glibc.close(descriptor)
  }
}

extension FileError {
  /// The call that has just failed; reads `errno` before anything else happens.
  init(_ operation: String) {
    self.init(operation, errno)
  }

  fileprivate init(_ operation: String, _ code: Int32) {
    self.init(operation: operation, code: code, reason: String(cString: strerror(code)))
  }
}

extension FileIdentity {
  init(_ status: stat) {
    self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }
}
