import Clocks
package import GatewayCore
package import Glibc

/// `tokens.json` on disk.
package struct TokensFile: Sendable {
  /// What tells one state of the file from another without reading it: a new file under the name, or new content, owner
  /// or mode of the same one.
  package struct Stamp: Sendable, Equatable {
    fileprivate let device: UInt64
    fileprivate let inode: UInt64
    fileprivate let size: Int64
    fileprivate let modifiedSeconds: Int
    fileprivate let modifiedNanoseconds: Int
    fileprivate let changedSeconds: Int
    fileprivate let changedNanoseconds: Int

    /// How long before it was looked at a file must have changed last, so that a later change has another time: more than a
    /// tick of any file system's clock.
    private static let margin = Duration.seconds(3)

    /// Whether a change after `time`, when the stamp was taken, would show in a new one. A file that was changed just before
    /// can be changed again within the same tick of the file system's clock, after it was read.
    func isSettled(at time: Timestamp) -> Bool {
      let age = time.microseconds - (Int64(changedSeconds) * 1_000_000 + Int64(changedNanoseconds) / 1000)
      return Duration.microseconds(abs(age)) > Self.margin
    }
  }

  /// More than a hundred thousand tokens.
  private static let sizeLimit = 32 << 20

  package let path: String

  package init(path: String) {
    self.path = path
  }

  /// The file's present state; `nil` if there is no file, or it can't be looked at.
  package var stamp: Stamp? {
    var status = stat()
    return stat(path, &status) == 0 ? Stamp(status) : nil
  }

  /// Reads the file.
  ///
  /// - Parameter user: whom the file has to belong to, unless it is root's; `nil` for anyone.
  /// - Throws: `TokensFileError`: missing, unreadable, not a file, open to others, someone else's, not valid.
  package func read(of user: uid_t? = nil) throws(TokensFileError) -> TokensDocument {
    // Not to wait for a writer, should it be a FIFO; a regular file doesn't care.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw error("can't be read: \(systemReason())") }
      // To make the file would put it in the link's place.
      guard !isLink else {
        throw error(
          "is a link to a file that doesn't exist; make that one with 'connection-gateway token create --tokens' and its "
            + "own name")
      }
      throw error("doesn't exist; make one with 'connection-gateway token create --tokens \(path) …'", isMissing: true)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw error("can't be read: \(systemReason())") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw error("isn't a regular file") }
    guard status.st_mode & 0o137 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw error(
        "has the mode 0\(mode), but only its owner may write it and only its group may read it; chmod 0640 it")
    }
    if let user, ![user, 0].contains(status.st_uid) {
      throw error(
        "belongs to the user \(status.st_uid), but has to belong to root or to the user that the gateway runs as, "
          + "\(user); chown it")
    }
    try checkFolders()
    do {
      return try TokensDocument(bytes: try content(of: descriptor))
    } catch let failure as TokensDocumentError {
      throw error("isn't valid: \(failure.reason)", isOfContent: true)
    } catch let failure as TokensFileError {
      throw failure
    } catch {
      throw self.error("can't be read")
    }
  }

  private func checkFolders() throws(TokensFileError) {
    guard let folder = FolderTrust.folderOpenToAll(of: path) else { return }
    throw error("lies in \(folder), where anyone may put another file in its place; chmod o-w that folder")
  }

  /// Changes the file: read, change, write to a temporary file beside it, fsync,
  /// rename, fsync the folder. A lock on the folder keeps two commands from losing each other's work.
  ///
  /// - Parameter creating: whether to make the file where there is none.
  /// - Throws: `TokensFileError`; then the file is as it was.
  package func update<Result>(
    creating: Bool, _ change: (inout TokensDocument) throws(TokensFileError) -> Result
  ) throws(TokensFileError) -> Result {
    // Through a symbolic link, so that the link stays and its target is replaced.
    let target = resolvedPath
    let folder = target.folderPath
    let lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else { throw error("can't be written: the folder \(folder) can't be opened: \(systemReason())") }
    defer { close(lock) }
    guard flock(lock, LOCK_EX) == 0 else { throw error("can't be locked: \(systemReason())") }
    var document: TokensDocument
    do {
      document = try read()
    } catch {
      guard creating, error.isMissing else { throw error }
      try checkFolders()
      document = TokensDocument()
    }
    let before = document
    let result = try change(&document)
    // Nothing to write, nothing for a running gateway to read again.
    guard document != before else { return result }
    try replace(target, with: document.bytes)
    guard fsync(lock) == 0 else { throw error("can't be put on disk: \(systemReason())") }
    return result
  }

  private var isLink: Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  private var resolvedPath: String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private func replace(_ target: String, with bytes: [UInt8]) throws(TokensFileError) {
    let temporary = "\(target).\(getpid()).tmp"
    // Left there by a command that died: nobody else is at work, since the folder is locked.
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw error("can't be written: \(temporary): \(systemReason())") }
    defer { close(descriptor) }
    // Whatever the umask took away.
    guard fchmod(descriptor, 0o600) == 0 else { throw failedWriting(temporary) }
    // The gateway may run as another user than whoever makes tokens: owner, group and mode stay what they are.
    var status = stat()
    if stat(target, &status) == 0 {
      guard fchown(descriptor, status.st_uid, status.st_gid) == 0 || Self.isOwn(status) else {
        throw failedWriting(temporary, "its owner \(status.st_uid) and its group \(status.st_gid) can't be kept: ")
      }
      guard fchmod(descriptor, status.st_mode & 0o777) == 0 else { throw failedWriting(temporary) }
    }
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
      rename(temporary, target) == 0
    else { throw failedWriting(temporary) }
  }

  /// Whether the file is this user's alone, so that it doesn't matter which group it has.
  private static func isOwn(_ status: stat) -> Bool {
    status.st_uid == geteuid() && status.st_mode & S_IRWXG == 0
  }

  /// Takes the temporary file away; reads `errno` first.
  private func failedWriting(_ temporary: String, _ what: String = "") -> TokensFileError {
    let reason = systemReason()
    unlink(temporary)
    return error("can't be written: \(what)\(reason)")
  }

  private func content(of descriptor: Int32) throws(TokensFileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= Self.sizeLimit {
      let count = Glibc.read(descriptor, &block, block.count)
      guard count >= 0 else { throw error("can't be read: \(systemReason())") }
      guard count > 0 else { return bytes }
      bytes += block[..<count]
    }
    throw error("is larger than \(Self.sizeLimit >> 20) MiB", isOfContent: true)
  }

  private func systemReason() -> String {
    String(cString: strerror(errno))
  }

  private func error(_ reason: String, isMissing: Bool = false, isOfContent: Bool = false) -> TokensFileError {
    TokensFileError(path: path, reason: reason, isMissing: isMissing, isOfContent: isOfContent)
  }
}

/// The tokens file can't be used.
package struct TokensFileError: Error, Sendable, Equatable, CustomStringConvertible {
  package let path: String
  package let reason: String
  let isMissing: Bool
  /// Whether what the file holds is at fault: as long as the file is the same, so is the error. Any other one can pass
  /// without a trace on the file, as when the system was out of descriptors or the folder's mode is mended.
  let isOfContent: Bool

  init(path: String, reason: String, isMissing: Bool = false, isOfContent: Bool = false) {
    self.path = path
    self.reason = reason
    self.isMissing = isMissing
    self.isOfContent = isOfContent
  }

  package var description: String {
    "\(path) \(reason)"
  }
}

extension TokensFile.Stamp {
  fileprivate init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modifiedSeconds: status.st_mtim.tv_sec, modifiedNanoseconds: status.st_mtim.tv_nsec,
      changedSeconds: status.st_ctim.tv_sec, changedNanoseconds: status.st_ctim.tv_nsec)
  }
}
