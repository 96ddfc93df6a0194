import Glibc

/// The file system as the audit log needs it: one place to put a fault into, call by call.
package protocol LogFileSystem: Sendable {
  /// Opens the log for appending, and makes it where there is none; locked against a second writer.
  func open(_ path: String) throws(FileError) -> any LogFile
  /// Opens a log that is there already, locked as well: for reading alone, if this user may do no more.
  func openExisting(_ path: String) throws(FileError) -> any LogFile
  /// The names in the path's folder, in no order.
  func names(beside path: String) throws(FileError) -> [String]
  /// How many bytes an ordinary user may still write to the path's file system.
  func freeSpace(of path: String) throws(FileError) -> Int64
  /// Which file the path leads to; `nil` if to none.
  func identity(of path: String) -> FileIdentity?
  /// Whether there is nothing at the path, not even a link that leads nowhere.
  func isFree(_ path: String) -> Bool
  func rename(_ path: String, to newPath: String) throws(FileError)
  func remove(_ path: String) throws(FileError)
  /// Puts the names in the path's folder on disk: a file whose name is lost is lost.
  func syncDirectory(of path: String) throws(FileError)
}

/// An open log. Used by one thread at a time.
package protocol LogFile: AnyObject {
  var identity: FileIdentity { get }
  /// The name it has now, which a rotation may have changed.
  var name: String { get }
  /// Whether it has a name at all. One that was deleted has none: all in it is gone once it is let go of.
  var hasName: Bool { get }
  /// Whether opening it made it.
  var isNew: Bool { get }
  /// How long it is, in bytes.
  func size() throws(FileError) -> Int64
  /// The bytes from `offset` on, at most `limit` of them; fewer only at the file's end.
  func read(at offset: Int64, limit: Int) throws(FileError) -> [UInt8]
  /// Appends all the bytes or throws; then some of them may be there.
  func append(_ bytes: [UInt8]) throws(FileError)
  /// Puts what was appended on disk (`fdatasync`).
  func sync() throws(FileError)
  func truncate(to size: Int64) throws(FileError)
  func close()
}

/// Tells files apart, whatever they are called.
package struct FileIdentity: Sendable, Equatable {
  let device: UInt64
  let inode: UInt64

  package init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

/// A system call on a file failed.
package struct FileError: Error, Sendable, Equatable {
  /// What was tried: `open`, `write`, `fdatasync`.
  package let operation: String
  /// The `errno` value.
  package let code: Int32
  /// The system's words: `No space left on device`.
  package let reason: String

  /// Whether it can't be opened because it is gone, is no regular file, or another process writes to it.
  var isNotOurs: Bool {
    [ENOENT, EISDIR, ENXIO].contains(code) || operation == "flock" && code == EWOULDBLOCK
      || operation == "open" && code == EINVAL
  }

  package init(operation: String, code: Int32, reason: String) {
    self.operation = operation
    self.code = code
    self.reason = reason
  }
}
