import ArgumentParser
import Glibc

/// Ends a command with one line on standard error and the exit code that fits.
enum Failure {
  /// A setting or a file can't be used: `EX_CONFIG`.
  static func unusable(_ message: String) -> ExitCode {
    say("connection-gateway: \(message)")
    return ExitCode(EX_CONFIG)
  }

  /// The command line asks for something that isn't there: `EX_USAGE`.
  static func usage(_ message: String) -> ExitCode {
    say("connection-gateway: \(message)")
    return ExitCode(EX_USAGE)
  }

  /// A line on standard error.
  static func say(_ message: String) {
    let line = Array("\(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
