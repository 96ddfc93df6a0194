import Glibc

/// Waits for another process to let go of the log.
///
/// The file that the path leads to is watched, not the path: while a log is rotated, the path leads for a moment to a file
/// that nobody has locked yet, though the other process goes on. Only if the file was let go of and is still there has it
/// ended.
package struct LogVacancy {
  private static let pause = useconds_t(20_000)

  private let path: String

  package init(path: String) {
    self.path = path
  }

  /// Returns once nobody writes to the log, or as soon as `goesOn` says no. What else may be wrong with the file, opening
  /// it tells.
  ///
  /// - Parameter goesOn: asked while another process writes to it, again and again.
  package func wait(while goesOn: () -> Bool) {
    while true {
      let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      guard descriptor >= 0 else { return }
      defer { close(descriptor) }
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK, goesOn() else { return }
        usleep(Self.pause)
      }
      var locked = stat()
      var named = stat()
      guard fstat(descriptor, &locked) == 0, stat(path, &named) == 0 else { return }
      if locked.st_dev == named.st_dev, locked.st_ino == named.st_ino { return }
    }
  }
}
