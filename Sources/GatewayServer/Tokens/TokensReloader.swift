package import Clocks
package import GatewayCore
import Glibc
package import Logging
import Synchronization

/// Keeps the table of tokens up with the file. A file that can't be used changes nothing: the last good one stays.
package final class TokensReloader: Sendable {
  private typealias Reading = Result<TokensDocument, TokensFileError>

  private struct State {
    var stamp: TokensFile.Stamp?
    /// Whether the stamp will do to tell that reading the file would bring nothing new.
    var isSettled: Bool
    var last: Reading
    var failures = 0
  }

  private let file: TokensFile
  private let table: TokenTable
  private let clock: WallClock
  private let logger: Logger
  private let state: Mutex<State>

  /// Loads the file for the first time.
  ///
  /// - Throws: `TokensFileError`.
  package init(
    file: TokensFile, table: TokenTable, clock: WallClock = .system, logger: Logger
  ) throws(TokensFileError) {
    self.file = file
    self.table = table
    self.clock = clock
    self.logger = logger
    let (reading, stamp, isSettled) = Self.read(file, clock)
    table.replace(with: try reading.get())
    state = Mutex(State(stamp: stamp, isSettled: isSettled, last: reading))
  }

  /// Whether the tokens in force are what the file says.
  package var isCurrent: Bool {
    failure == nil
  }

  /// Why they aren't; `nil` while they are.
  package var failure: String? {
    state.withLock { state in
      if case .failure(let error) = state.last { "\(error)" } else { nil }
    }
  }

  /// How often the file couldn't be used.
  package var failureCount: Int {
    state.withLock(\.failures)
  }

  /// Reads the file if it has changed since it was last read, or may have.
  ///
  /// - Returns: whether it was read, and won't have to be again until it changes.
  @discardableResult
  package func reloadIfChanged() -> Bool {
    let stamp = file.stamp
    let (isSame, isSettled) = state.withLock { ($0.stamp == stamp, $0.isSettled) }
    if !isSame {
      reload()
    } else if !isSettled {
      // It was read while it was being written, perhaps. What it is found to be once more is no news.
      load { $0 != $1 }
    }
    return (!isSame || !isSettled) && state.withLock(\.isSettled)
  }

  /// Reads the file.
  package func reload() {
    load { _, _ in true }
  }

  /// - Parameter isNews: whether what is read now, when that was read before, is to be told and counted.
  private func load(_ isNews: (Reading, Reading) -> Bool) {
    let (reading, stamp, isSettled) = Self.read(file, clock)
    // First of all, so that whoever is told that the tokens are current finds that they count.
    if case .success(let document) = reading { table.replace(with: document) }
    let news = state.withLock { state in
      defer { state.last = reading }
      state.stamp = stamp
      state.isSettled = isSettled
      guard isNews(reading, state.last) else { return false }
      if case .failure = reading { state.failures += 1 }
      return true
    }
    guard news else { return }
    switch reading {
    case .success(let document):
      logger.notice("tokens loaded", metadata: ["tokens": "\(document.tokens.count)"])
    case .failure(let error):
      logger.error("tokens not reloaded, the last good ones stay", metadata: ["reason": "\(error)"])
    }
  }

  /// Looks at the file before reading it: a change in between is seen the next time.
  private static func read(_ file: TokensFile, _ clock: WallClock) -> (Reading, TokensFile.Stamp?, isSettled: Bool) {
    let now = clock.now()
    let stamp = file.stamp
    let reading = Result { () throws(TokensFileError) in try file.read(of: geteuid()) }
    if case .failure(let error) = reading, !error.isOfContent { return (reading, stamp, isSettled: false) }
    return (reading, stamp, stamp?.isSettled(at: now) ?? true)
  }
}
