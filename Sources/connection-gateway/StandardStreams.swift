import Glibc

/// Standard input, output and error.
enum StandardStreams {
  /// Which of them the process was started without. Their places are taken by `/dev/null` when this is first read: the next
  /// file that is opened would be one of them otherwise, and what is printed or logged would go into it.
  static let missing = Set(
    (STDIN_FILENO...STDERR_FILENO).filter { descriptor in
      guard fcntl(descriptor, F_GETFD) < 0 else { return false }
      // The lowest free one: this one.
      return open("/dev/null", O_RDWR) == descriptor
    })

  /// Whether a stream goes to the file at the path.
  static func isFile(_ descriptor: Int32, at path: String) -> Bool {
    var (stream, file) = (stat(), stat())
    return fstat(descriptor, &stream) == 0 && stat(path, &file) == 0 && stream.st_dev == file.st_dev
      && stream.st_ino == file.st_ino
  }
}
