import Glibc

/// A file that a setting names.
enum TextFile {
  /// The whole text.
  ///
  /// - Throws: `StartError` with the system's reason.
  static func read(_ path: String, flag: String) throws(StartError) -> String {
    let bytes = try readBytes(path, setting: "\(flag) \(path)")
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw StartError("\(flag) \(path)", "it isn't UTF-8")
    }
    return text
  }

  private static func readBytes(_ path: String, setting: String) throws(StartError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StartError(setting, SystemError.text(errno)) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count >= 0 else { throw StartError(setting, SystemError.text(errno)) }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }
}
