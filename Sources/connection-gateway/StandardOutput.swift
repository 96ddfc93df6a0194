import ArgumentParser
import AuditLog
import Glibc

/// What a command has to say.
enum StandardOutput {
  /// Prints the text, and an end of line.
  ///
  /// - Parameter lost: what to do if it can't be printed, for standard error.
  /// - Throws: `code`, having said why, if it can't be: an empty file must not be taken for an empty answer.
  static func print(_ text: String, orExitWith code: Int32 = EX_IOERR, lost: String = "") throws {
    let reason: String
    do throws(AuditShow.Failure) {
      guard !StandardStreams.missing.contains(STDOUT_FILENO) else {
        throw .unwritable(reason: String(cString: strerror(EBADF)))
      }
      return try Terminal.write(Array("\(text)\n".utf8))
    } catch {
      reason = if case .unwritable(let words) = error { words } else { "its reader has left" }
    }
    Failure.say("connection-gateway: standard output: \(reason)\(lost.isEmpty ? "" : "; \(lost)")")
    throw ExitCode(code)
  }
}
