import Clocks

/// Cuts off what was never vouched for, and keeps it beside the log: someone may want to look at it.
///
/// The system calls: open, write, `fdatasync` of the copy, `fsync` of its folder; only then `ftruncate` of the log, which
/// the next record's `fdatasync` puts on disk.
enum TornEnd {
  private static let blockSize = 1 << 20

  /// - Parameters:
  ///   - file: the log, called `path`.
  ///   - start: where it is cut.
  static func setAside(
    _ file: any LogFile, path: String, from start: Int64, after sequence: Int64, files: any LogFileSystem,
    time: Timestamp
  ) throws(FileError) -> OpeningReport.TornEnd {
    let keptPath = "\(path)\(LogFamily.tornMark)\(time.iso8601Basic)-\(sequence)"
    let size = try file.size()
    let copy = try files.open(keptPath)
    defer { copy.close() }
    // One that is there already is of a start in this same second that got no further.
    if !copy.isNew { try copy.truncate(to: 0) }
    var offset = start
    while offset < size {
      let block = try file.read(at: offset, limit: Self.blockSize)
      guard !block.isEmpty else { break }
      try copy.append(block)
      offset += Int64(block.count)
    }
    try copy.sync()
    try files.syncDirectory(of: keptPath)
    try file.truncate(to: start)
    return OpeningReport.TornEnd(file: path, keptAs: keptPath, byteCount: size - start)
  }
}
