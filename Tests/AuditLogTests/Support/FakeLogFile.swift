import AuditLog
import Synchronization

/// An open file of the fake file system.
final class FakeLogFile: LogFile {
  let identity: FileIdentity
  let isNew: Bool
  private let files: FakeLogFileSystem
  private let inode: Int

  init(files: FakeLogFileSystem, inode: Int, isNew: Bool) {
    self.files = files
    self.inode = inode
    self.isNew = isNew
    identity = FakeLogFileSystem.identity(inode)
  }

  var name: String {
    let path = files.state.withLock { state in state.names.first { $0.value == inode }?.key }
    return path?.split(separator: "/").last.map(String.init) ?? "gone"
  }

  var hasName: Bool {
    files.state.withLock { state in state.names.values.contains(inode) }
  }

  func size() throws(FileError) -> Int64 {
    try files.run(.size, inode) { _ in }
    return Int64(content.count)
  }

  func read(at offset: Int64, limit: Int) throws(FileError) -> [UInt8] {
    try files.run(.read, inode) { _ in }
    return Array(content.dropFirst(Int(offset)).prefix(limit))
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    let inode = self.inode
    let partial: @Sendable (inout FakeLogFileSystem.State, FakeLogFileSystem.Effect) -> Void = { state, effect in
      if effect == .half { state.nodes[inode]?.content += bytes.prefix(bytes.count / 2) }
    }
    try files.run(.append, inode, onFault: partial) { $0.nodes[inode]?.content += bytes }
  }

  func sync() throws(FileError) {
    let inode = self.inode
    let failed: @Sendable (inout FakeLogFileSystem.State, FakeLogFileSystem.Effect) -> Void = { state, effect in
      guard effect != .all else {
        state.nodes[inode]?.hasFailedSync = true
        return
      }
      state.nodes[inode]?.failSync(half: effect == .half)
    }
    try files.run(.sync, inode, onFault: failed) { $0.nodes[inode]?.write() }
  }

  func truncate(to size: Int64) throws(FileError) {
    let inode = self.inode
    try files.run(.truncate, inode) { $0.nodes[inode]?.truncate(to: Int(size)) }
  }

  func close() {
    let inode = self.inode
    files.state.withLock { $0.nodes[inode]?.isLocked = false }
  }

  private var content: [UInt8] {
    let inode = self.inode
    return files.state.withLock { $0.nodes[inode]?.content } ?? []
  }
}

extension FakeLogFileSystem.Node {
  /// Puts on disk what the kernel takes for unwritten, and that alone.
  fileprivate mutating func write() {
    writeToDisk(upTo: content.count)
    dirtyFrom = content.count
  }

  /// The kernel drops the pages: it takes them for written from now on.
  fileprivate mutating func failSync(half: Bool) {
    if half { writeToDisk(upTo: dirtyFrom + (content.count - dirtyFrom) / 2) }
    dirtyFrom = content.count
    hasFailedSync = true
  }

  fileprivate mutating func truncate(to size: Int) {
    content = Array(content.prefix(size))
    dirtyFrom = min(dirtyFrom, size)
  }

  mutating func loseWhatIsNotOnDisk() {
    content = disk
    dirtyFrom = disk.count
  }

  private mutating func writeToDisk(upTo end: Int) {
    var bytes = Array(disk.prefix(dirtyFrom))
    bytes += [UInt8](repeating: 0, count: dirtyFrom - bytes.count)
    disk = bytes + content[dirtyFrom..<end]
  }
}
