import GatewayCore
import Glibc

/// Whether a file's name can be trusted to lead to what its owner put there, in the way of sshd's StrictModes.
enum FolderTrust {
  /// The folder, of those that lead to the file, in which anyone may put another file in its place; `nil` if there is none.
  ///
  /// Where the name is a symbolic link, both the folders that lead to the link and those that lead to its target count. With
  /// the sticky bit (`/tmp`), only a file's owner can put another one in its place.
  static func folderOpenToAll(of path: String) -> String? {
    folders(of: path).first { folder in
      var status = stat()
      return stat(folder, &status) == 0 && status.st_mode & S_IWOTH != 0 && status.st_mode & S_ISVTX == 0
    }
  }

  private static func folders(of path: String) -> [String] {
    let named = resolved(path.folderPath)
    let target = resolved(path).map(\.folderPath)
    return [named, target].compactMap { $0 }.flatMap(withAncestors)
  }

  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func withAncestors(_ path: String) -> [String] {
    var folders = [path]
    while let last = folders.last, last != "/" { folders.append(last.folderPath) }
    return folders
  }
}
