import Glibc

/// The system's words for an error number.
enum SystemError {
  /// `No such file or directory`.
  static func text(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
