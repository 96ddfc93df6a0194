import Digest
import Glibc
import Synchronization

@testable import AuditLog

/// A file system in memory that notes every call, fails where it is told to, and knows what a power cut would leave.
///
/// It models what Linux does when a sync fails: the kernel takes the pages for written, so a later sync of the same file
/// succeeds and leaves a hole on the disk. A name is on disk once its folder was synced, and no earlier.
final class FakeLogFileSystem: LogFileSystem {
  enum Operation: String, Sendable, CaseIterable {
    case open, size, read, append, sync, truncate, rename, remove, syncDirectory, names, freeSpace
  }

  /// How much of a call happens before it fails.
  enum Effect: Sendable, CaseIterable {
    case nothing, half, all
  }

  struct Call: Sendable, Equatable {
    let operation: Operation
    /// Which file; `nil` for what names a path.
    let inode: Int?
  }

  struct Node: Sendable {
    var content: [UInt8] = []
    /// What is on the disk's platters.
    var disk: [UInt8] = []
    /// What stands from here on is still to be written, as far as the kernel knows.
    var dirtyFrom = 0
    var isLocked = false
    /// A sync of it failed in this life of the process.
    var hasFailedSync = false
  }

  struct State: Sendable {
    var nodes: [Int: Node] = [:]
    var names: [String: Int] = [:]
    var namesOnDisk: [String: Int] = [:]
    var calls: [Call] = []
    var freeSpace: Int64 = 1 << 30
    var faultsByIndex: [Int: Effect] = [:]
    var deathByIndex: [Int: Effect] = [:]
    var isDead = false
    var faultsByOperation: [Operation: Int] = [:]
    /// What no writer may ever do.
    var violations: [String] = []
  }

  let state = Mutex(State())
  /// Called on the writer's thread when a sync has begun, before it does anything.
  private let beforeSync: @Sendable () -> Void

  init(beforeSync: @escaping @Sendable () -> Void = {}) {
    self.beforeSync = beforeSync
  }

  // MARK: What the writer calls

  func open(_ path: String) throws(FileError) -> any LogFile {
    let fault = begin(.open, nil)
    guard fault != .nothing else { throw Self.failure(.open) }
    let opened = state.withLock { state -> (inode: Int, isNew: Bool)? in
      let known = state.names[path]
      let inode = known ?? state.nodes.count + 1
      guard state.nodes[inode]?.isLocked != true else { return nil }
      state.names[path] = inode
      state.nodes[inode, default: Node()].isLocked = fault == nil
      return (inode, known == nil)
    }
    guard fault == nil, let opened else { throw Self.failure(.open) }
    return FakeLogFile(files: self, inode: opened.inode, isNew: opened.isNew)
  }

  func openExisting(_ path: String) throws(FileError) -> any LogFile {
    guard begin(.open, nil) == nil else { throw Self.failure(.open) }
    let opened = try state.withLock { state throws(FileError) in
      guard let inode = state.names[path] else { throw FileError(operation: "open", code: ENOENT, reason: "not there") }
      guard state.nodes[inode]?.isLocked != true else {
        throw FileError(operation: "flock", code: EWOULDBLOCK, reason: "another process is writing to it")
      }
      state.nodes[inode]?.isLocked = true
      return inode
    }
    return FakeLogFile(files: self, inode: opened, isNew: false)
  }

  func names(beside path: String) throws(FileError) -> [String] {
    guard begin(.names, nil) == nil else { throw Self.failure(.names) }
    return names.compactMap { $0.split(separator: "/").last.map(String.init) }
  }

  func freeSpace(of path: String) throws(FileError) -> Int64 {
    guard begin(.freeSpace, nil) == nil else { throw Self.failure(.freeSpace) }
    return state.withLock(\.freeSpace)
  }

  func identity(of path: String) -> FileIdentity? {
    state.withLock { $0.names[path].map(Self.identity) }
  }

  func isFree(_ path: String) -> Bool {
    state.withLock { $0.names[path] == nil }
  }

  func rename(_ path: String, to newPath: String) throws(FileError) {
    try run(.rename, nil) { state in
      state.names[newPath] = state.names.removeValue(forKey: path)
    }
  }

  func remove(_ path: String) throws(FileError) {
    try run(.remove, nil) { $0.names[path] = nil }
  }

  func syncDirectory(of path: String) throws(FileError) {
    try run(.syncDirectory, nil) { $0.namesOnDisk = $0.names }
  }

  // MARK: What tests call

  var calls: [Call] {
    state.withLock(\.calls)
  }

  var operations: [Operation] {
    calls.map(\.operation)
  }

  var violations: [String] {
    state.withLock(\.violations)
  }

  /// The call with this number fails.
  func failCall(_ index: Int, _ effect: Effect) {
    state.withLock { $0.faultsByIndex[index] = effect }
  }

  /// In the call with this number the process dies. From then on no call does anything, until it is started again.
  func die(inCall index: Int, _ effect: Effect) {
    state.withLock { $0.deathByIndex[index] = effect }
  }

  var isDead: Bool {
    state.withLock(\.isDead)
  }

  /// The next calls of this kind fail, with nothing done.
  func failNext(_ operation: Operation, times: Int = 1) {
    state.withLock { $0.faultsByOperation[operation] = times }
  }

  /// What a reader of the path sees.
  func content(of path: String) -> [UInt8]? {
    state.withLock { state in state.names[path].flatMap { state.nodes[$0]?.content } }
  }

  /// The names in the folder.
  var names: [String] {
    state.withLock { $0.names.keys.sorted() }
  }

  /// Every file of the log that has a name, the oldest first; torn ends, which are kept beside it, are none.
  var contents: [[UInt8]] {
    state.withLock { state in
      Set(state.names.filter { !$0.key.contains(LogFamily.tornMark) }.values).sorted()
        .compactMap { state.nodes[$0]?.content }
    }
  }

  /// What a check of the log's files, oldest first, says.
  var breakInChain: String? {
    var verifier = ChainVerifier(publicKeys: (try? [Samples.signingKey().publicKey]) ?? [])
    do {
      for content in contents {
        guard content.isEmpty || content.last == UInt8(ascii: "\n") else { return "torn" }
        for line in content.lines { try verifier.take(line) }
      }
      return nil
    } catch {
      return error.what
    }
  }

  /// Everything that a power cut would leave.
  var disk: [UInt8] {
    state.withLock { state in
      Set(state.namesOnDisk.values).sorted().compactMap { state.nodes[$0]?.disk }.flatMap { $0 }
    }
  }

  /// A file that someone else put there, with its name on disk.
  func put(_ content: [UInt8], at path: String) {
    state.withLock { state in
      let inode = state.nodes.count + 1
      state.nodes[inode] = Node(content: content, disk: content, dirtyFrom: content.count)
      state.names[path] = inode
      state.namesOnDisk[path] = inode
    }
  }

  /// Someone else writes to a file.
  func change(_ path: String, _ body: @Sendable (inout [UInt8]) -> Void) {
    state.withLock { state in
      guard let inode = state.names[path], var node = state.nodes[inode] else { return }
      body(&node.content)
      node.dirtyFrom = min(node.dirtyFrom, node.content.count)
      state.nodes[inode] = node
    }
  }

  func setFreeSpace(_ bytes: Int64) {
    state.withLock { $0.freeSpace = bytes }
  }

  /// A rotation by someone else, as logrotate does it. The old file stays on disk; the new one's name isn't there yet.
  func rotate(_ path: String, to newPath: String, creating: Bool = false) {
    state.withLock { state in
      if let inode = state.names.removeValue(forKey: path) { state.names[newPath] = inode }
      if let inode = state.namesOnDisk.removeValue(forKey: path) { state.namesOnDisk[newPath] = inode }
      guard creating else { return }
      let inode = state.nodes.count + 1
      state.nodes[inode] = Node()
      state.names[path] = inode
    }
  }

  /// The process is gone, and another one takes over.
  ///
  /// - Parameter powerCut: the machine was, so that what wasn't on disk is gone as well.
  func restart(powerCut: Bool = false) {
    state.withLock { state in
      state.isDead = false
      if powerCut { state.names = state.namesOnDisk }
      for inode in state.nodes.keys {
        state.nodes[inode]?.isLocked = false
        state.nodes[inode]?.hasFailedSync = false
        if powerCut { state.nodes[inode]?.loseWhatIsNotOnDisk() }
      }
    }
  }

  // MARK: What the file calls

  static func identity(_ inode: Int) -> FileIdentity {
    FileIdentity(device: 1, inode: UInt64(inode))
  }

  /// Notes a call, does as much of it as its fault allows, and fails if there is one.
  func run(
    _ operation: Operation, _ inode: Int?, onFault: @Sendable (inout State, Effect) -> Void = { _, _ in },
    _ body: @Sendable (inout State) -> Void
  ) throws(FileError) {
    let fault = begin(operation, inode)
    if operation == .sync { beforeSync() }
    state.withLock { state in
      if let fault { onFault(&state, fault) }
      if fault == nil || fault == .all { body(&state) }
    }
    if fault != nil { throw Self.failure(operation) }
  }

  private func begin(_ operation: Operation, _ inode: Int?) -> Effect? {
    state.withLock { state in
      guard !state.isDead else { return .nothing }
      let index = state.calls.count
      state.calls.append(Call(operation: operation, inode: inode))
      if let inode, operation == .append || operation == .sync, state.nodes[inode]?.hasFailedSync == true {
        state.violations.append("call \(index): \(operation) of file \(inode), whose sync had failed")
      }
      if let effect = state.deathByIndex[index] {
        state.isDead = true
        return effect
      }
      if let effect = state.faultsByIndex[index] { return effect }
      guard let times = state.faultsByOperation[operation], times > 0 else { return nil }
      state.faultsByOperation[operation] = times - 1
      return .nothing
    }
  }

  private static func failure(_ operation: Operation) -> FileError {
    FileError(operation: operation.rawValue, code: EIO, reason: "Input/output error")
  }
}
