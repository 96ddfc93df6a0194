import Clocks
import GatewayCore

/// The start on what is there: finds where the chain ends, cuts off what was torn, and finds the intents that were left
/// open.
///
/// The chain ends in the log's own file. Where that is new, or nothing in it holds, it ends in the newest of the log's other
/// files: the one that was rotated away while the gateway didn't run, moved aside after a failure, or that is broken
/// and has to be left as it is.
struct LogOpening {
  let file: any LogFile
  let size: Int64
  let head: ChainHead
  /// Where the file is new: the name of the one that the chain comes from.
  let previousFile: String?
  /// A record for each intent that was left open, in the log's order.
  let recovered: [AuditRecord]
  let report: OpeningReport

  /// - Throws: `AuditUnavailable`: the file can't be used, or doesn't verify; then its reason says how to go on.
  init(path: String, files: any LogFileSystem, clock: WallClock) throws(AuditUnavailable) {
    let file: any LogFile
    do throws(FileError) {
      file = try files.open(path)
    } catch {
      throw AuditUnavailable(error)
    }
    Self.removeFresh(beside: path, files)
    do throws(AuditUnavailable) {
      var search = ChainEndSearch(path: path, files: files, clock: clock)
      do throws(FileError) {
        try search.read(file)
        // New or not: whoever made it may have died before its name was on disk.
        try files.syncDirectory(of: path)
        size = try file.size()
      } catch {
        throw AuditUnavailable(error)
      }
      self.file = file
      head = search.head
      previousFile = search.report.continuedFile
      recovered = search.recovered
      report = search.report
    } catch {
      file.close()
      throw error
    }
  }

  /// Removes what a process that died in the middle of a rotation left. Nothing is in it, and the next rotation would take it
  /// as well: if it can't be removed, it stays.
  private static func removeFresh(beside path: String, _ files: any LogFileSystem) {
    let freshPath = LogFamily.freshPath(of: path)
    guard !files.isFree(freshPath), let fresh = try? files.openExisting(freshPath) else { return }
    defer { fresh.close() }
    if (try? fresh.size()) == 0 { try? files.remove(freshPath) }
  }
}
