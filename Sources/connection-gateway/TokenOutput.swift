import ArgumentParser
import GatewayCore
import Glibc

/// Shows a token, once.
enum TokenOutput {
  /// Prints the token on standard output.
  ///
  /// - Throws: `EX_IOERR`, having said what to do: nobody will ever see this token.
  static func show(_ token: GatewayToken) throws {
    // To be told of a reader that left, not ended by it.
    signal(SIGPIPE, SIG_IGN)
    let line = Array("\(token.exposed)\n".utf8)
    guard !StandardStreams.missing.contains(STDOUT_FILENO), write(STDOUT_FILENO, line, line.count) == line.count else {
      Failure.say(
        "connection-gateway: the token \(token.hash.tokenID) couldn't be printed and is lost: revoke it, and make another "
          + "one")
      throw ExitCode(EX_IOERR)
    }
  }
}
