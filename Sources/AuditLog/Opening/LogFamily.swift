/// Which files are of one log: those in its folder whose names begin as its own does, up to the first dot.
///
/// For `audit.jsonl` these are `audit.jsonl.1`, `audit.jsonl-20261122`, `audit-20261122.jsonl`, `audit.2.jsonl` and
/// `audit.jsonl.failed-…`.
struct LogFamily {
  /// What torn ends are kept under; they are no part of the chain.
  static let tornMark = ".torn-"
  /// What a new file is called until the one before is closed.
  private static let freshMark = ".fresh"
  /// Compressed files can't be read here, and so not be gone on from.
  private static let compressed = [".gz", ".xz", ".bz2", ".zst", ".lz4"]

  /// With a slash at its end; empty for the working folder.
  private let folder: Substring
  private let name: Substring
  private let stem: Substring

  init(path: String) {
    let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex
    folder = path[..<start]
    name = path[start...]
    // A hidden file's name begins with its first dot.
    let dot = name.dropFirst().firstIndex(of: ".") ?? name.endIndex
    stem = name[..<dot]
  }

  /// Where a new file is made in a rotation, before it gets the log's name.
  static func freshPath(of path: String) -> String {
    path + freshMark
  }

  /// The path of a file beside the log.
  func path(of name: String) -> String {
    "\(folder)\(name)"
  }

  /// The other files of the log among the names in its folder.
  func relatives(among names: [String]) -> [String] {
    names.filter { other in
      guard other != name, other.hasPrefix(stem), !other.contains(Self.tornMark),
        !Self.compressed.contains(where: other.hasSuffix)
      else { return false }
      return [".", "-"].contains(other.dropFirst(stem.count).first)
    }.sorted()
  }

  /// The path of a file that isn't there yet and would go on with this log's chain.
  func successor(isTaken: (String) -> Bool) -> String {
    var number = 2
    while isTaken(path(of: "\(stem).\(number).jsonl")) { number += 1 }
    return path(of: "\(stem).\(number).jsonl")
  }
}
