import CMicroHTTPD
import GatewayCore
import Glibc
import Synchronization

/// A UNIX socket and its name in the file system.
///
/// It is bound to a temporary name beside its path, where it gets its mode and its group; `publish` renames it, over what
/// is there. So whoever connects finds the socket before or this one, and never none or one with other rights. The socket
/// before, which may be a living gateway's, is kept under another name until `settle`, so that it can be put back.
final class UnixSocketFile: Sendable {
  private enum Place {
    case temporary
    /// At its path; what it replaced has this name.
    case published(replaced: String?)
    case gone
  }

  /// Tells one file from another that has its name.
  private struct Identity: Equatable {
    let device: dev_t
    let inode: ino_t
  }

  /// `sun_path` has 108 bytes; a NUL and what the temporary name has more go from that.
  static let pathLimit = 108 - 1 - 9

  let descriptor: Int32
  private let path: String
  private let temporaryPath: String
  private let identity: Identity?
  private let place = Mutex(Place.temporary)

  /// Binds it, where nobody looks.
  ///
  /// - Parameter group: whose it is; `nil` for the process's own.
  /// - Throws: `ListenError`: something else than a socket of this user's is there, or the system's reason.
  init(path: String, mode: mode_t, group: gid_t?) throws(ListenError) {
    let address = ListenAddress.unix(path: path)
    guard path.utf8.count <= Self.pathLimit else {
      throw ListenError(
        address, reason: "the path has \(path.utf8.count) bytes, and a UNIX socket's may have \(Self.pathLimit)")
    }
    try Self.checkReplaceable(path)
    self.path = path
    temporaryPath = Self.nameBeside(path)
    descriptor = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenError(address, code: errno) }
    var code = Self.bind(descriptor, temporaryPath)
    if code == 0 {
      // Nobody connects before it listens, so that the umask's rights do no harm until here.
      if let group, chown(temporaryPath, uid_t.max, group) != 0 { code = errno }
      if code == 0, chmod(temporaryPath, mode) != 0 { code = errno }
      if code != 0 { unlink(temporaryPath) }
    }
    identity = Self.status(temporaryPath).map { Identity(device: $0.st_dev, inode: $0.st_ino) }
    guard code == 0 else {
      close(descriptor)
      throw ListenError(address, code: code)
    }
  }

  /// Gives it its name. From now on who connects there gets here.
  ///
  /// - Throws: `ListenError`: something else than a socket of this user's is there by now, or the system's reason.
  func publish() throws(ListenError) {
    let folder = lockFolder()
    defer { unlockFolder(folder) }
    try Self.checkReplaceable(path)
    let spare = Self.nameBeside(path)
    let replaced = link(path, spare) == 0 ? spare : nil
    guard rename(temporaryPath, path) == 0 else {
      let code = errno
      replaced.map { _ = unlink($0) }
      throw ListenError(.unix(path: path), code: code)
    }
    place.withLock { $0 = .published(replaced: replaced) }
  }

  /// What it replaced isn't needed any more.
  func settle() {
    place.withLock { place in
      guard case .published(let replaced?) = place else { return }
      unlink(replaced)
      place = .published(replaced: nil)
    }
  }

  /// Takes its name away, and puts back what it replaced unless it was settled. If another has the name by now, that one
  /// keeps it.
  func remove() {
    // Against another that takes the name between the look and the removal.
    let folder = lockFolder()
    defer { unlockFolder(folder) }
    place.withLock { place in
      switch place {
      case .temporary: unlink(temporaryPath)
      case .published(let replaced):
        let isOurs = Self.status(path).map { Identity(device: $0.st_dev, inode: $0.st_ino) } == identity
        switch (isOurs, replaced) {
        case (true, nil): unlink(path)
        case (true, let replaced?): rename(replaced, path)
        case (false, let replaced?): unlink(replaced)
        case (false, nil): break
        }
      case .gone: break
      }
      place = .gone
    }
  }

  private static func checkReplaceable(_ path: String) throws(ListenError) {
    guard let status = status(path) else { return }
    let address = ListenAddress.unix(path: path)
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ListenError(address, reason: "what is there isn't a socket, and is left alone")
    }
    guard status.st_uid == geteuid() else {
      throw ListenError(address, reason: "the socket that is there belongs to another user, and is left alone")
    }
  }

  /// Of the name itself: a symbolic link is none of ours.
  private static func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  /// A name in the same folder that nobody has: 9 bytes longer.
  private static func nameBeside(_ path: String) -> String {
    let number = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    return "\(path).\(String(repeating: "0", count: 8 - number.count))\(number)"
  }

  /// Returns the `errno` value, or 0.
  private static func bind(_ descriptor: Int32, _ path: String) -> Int32 {
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    // Its length was checked, and the rest is zero.
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &name) { name in
      name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
      }
    }
  }

  /// Gateways that change names in the same folder do so one after another. Goes on without where that can't be had.
  private func lockFolder() -> Int32 {
    let folder = open(path.folderPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return folder }
    for _ in 0..<100 {
      if flock(folder, LOCK_EX | LOCK_NB) == 0 { break }
      usleep(10_000)
    }
    return folder
  }

  private func unlockFolder(_ folder: Int32) {
    if folder >= 0 { close(folder) }
  }
}
