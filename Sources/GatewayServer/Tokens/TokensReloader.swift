package import GatewayCore
package import Logging
import Synchronization

/// Keeps the table of tokens up with the file. A file that can't be used changes nothing: the last good one stays.
package final class TokensReloader: Sendable {
  private struct State {
    var stamp: TokensFile.Stamp?
    var isCurrent = true
    var failures = 0
  }

  private let file: TokensFile
  private let table: TokenTable
  private let logger: Logger
  private let state: Mutex<State>

  /// Loads the file for the first time.
  ///
  /// - Throws: `TokensFileError`.
  package init(file: TokensFile, table: TokenTable, logger: Logger) throws(TokensFileError) {
    self.file = file
    self.table = table
    self.logger = logger
    // Looked at before it is read: a change in between is seen the next time.
    state = Mutex(State(stamp: file.stamp))
    table.replace(with: try file.read())
  }

  /// Whether the tokens in force are what the file says.
  package var isCurrent: Bool {
    state.withLock(\.isCurrent)
  }

  /// How often the file couldn't be used.
  package var failureCount: Int {
    state.withLock(\.failures)
  }

  /// Reads the file if it has changed since it was last read.
  package func reloadIfChanged() {
    let stamp = file.stamp
    if state.withLock({ $0.stamp != stamp }) { reload() }
  }

  /// Reads the file.
  package func reload() {
    let stamp = file.stamp
    let result = Result { () throws(TokensFileError) in try file.read() }
    switch result {
    case .success(let document):
      table.replace(with: document)
      logger.notice("tokens loaded", metadata: ["tokens": "\(document.tokens.count)"])
    case .failure(let error):
      logger.error("tokens not reloaded, the last good ones stay", metadata: ["reason": "\(error)"])
    }
    state.withLock { state in
      state.stamp = stamp
      state.isCurrent = (try? result.get()) != nil
      if !state.isCurrent { state.failures += 1 }
    }
  }
}
