import Clocks
import GatewayCore

/// Reads the log's files from the newest one back, as far as intents may be open in them.
struct ChainEndSearch {
  private let path: String
  private let family: LogFamily
  private let files: any LogFileSystem
  private let clock: WallClock

  private(set) var head = ChainHead()
  private(set) var recovered: [AuditRecord] = []
  private(set) var report = OpeningReport()

  init(path: String, files: any LogFileSystem, clock: WallClock) {
    self.path = path
    self.files = files
    self.clock = clock
    family = LogFamily(path: path)
  }

  /// - Parameter file: the log's own file.
  /// - Throws: `FileError`; with a code of 0 where the log doesn't verify.
  mutating func read(_ file: any LogFile) throws(FileError) {
    let scan = try LogScan(file)
    if case .broken(let line, let what) = scan.ending {
      let successor = family.successor { files.identity(of: $0) != nil }
      throw FileError(
        operation: "read", code: 0,
        reason: "line \(line): \(what). Leave the file as it is and name a new one beside it, such as --audit-log "
          + successor + (scan.beginning == nil ? "" : ": that one goes on from the last record here"))
    }
    try mend(file, path, scan)
    if scan.beginning != nil {
      try take(scan, of: file)
    } else if let name = try newestRelative() {
      try reading(name) { (search, newest) throws(FileError) in
        let scan = try LogScan(newest)
        try search.mend(newest, search.family.path(of: name), scan)
        search.report.continuedFile = name
        try search.take(scan, of: newest)
      }
    }
    report.recoveredCount = recovered.count
  }

  /// Cuts a torn end off; a broken file is left as it is.
  private mutating func mend(_ file: any LogFile, _ path: String, _ scan: LogScan) throws(FileError) {
    switch scan.ending {
    case .whole: break
    case .torn(let start):
      report.tornEnds.append(
        try TornEnd.setAside(
          file, path: path, from: start, after: scan.head.sequence, files: files, time: clock.now()))
    case .broken(let line, let what):
      report.brokenFile = .init(file: path, line: line, what: what)
    }
  }

  /// Takes the head, and the intents left open in this file and in those before it.
  private mutating func take(_ scan: LogScan, of file: any LogFile) throws(FileError) {
    head = scan.head
    recovered = try records(scan.intents, in: file)
    var (scan, carried) = (scan, scan.carriedIntents)
    while carried > 0, let beginning = scan.beginning {
      guard let name = try relative(endingWith: beginning.previous, called: beginning.previousFile) else {
        report.lostIntents = .init(
          count: carried, reason: "\(beginning.previousFile ?? "the file before") isn't beside the log any more")
        return
      }
      try reading(name) { (search, file) throws(FileError) in
        let later = scan
        scan = try LogScan(file)
        scan.end(intentsOf: later)
        carried = scan.carriedIntents
        search.recovered = try search.records(scan.intents, in: file) + search.recovered
      }
    }
  }

  private func records(_ intents: OpenIntents, in file: any LogFile) throws(FileError) -> [AuditRecord] {
    var records: [AuditRecord] = []
    for place in intents.places {
      records.append(
        LeftIntent.recovered(try file.read(at: place.offset, limit: place.length), sequence: place.sequence))
    }
    return records
  }

  // MARK: The log's other files

  /// The one whose first record has the highest number.
  private mutating func newestRelative() throws(FileError) -> String? {
    var newest: (name: String, sequence: Int64)?
    for name in family.relatives(among: try files.names(beside: path)) {
      try reading(name) { (search, file) throws(FileError) in
        let ends = try LogEnds(file)
        if ends.isOneTornLine { try search.mend(file, search.family.path(of: name), LogScan(file)) }
        if let sequence = ends.firstSequence, sequence > newest?.sequence ?? 0 { newest = (name, sequence) }
      }
    }
    return newest?.name
  }

  /// The file whose last line has this hash: most likely under the name that it had when it was left.
  private mutating func relative(endingWith hash: String, called name: String?) throws(FileError) -> String? {
    let relatives = family.relatives(among: try files.names(beside: path))
    for candidate in relatives.filter({ $0 == name }) + relatives.filter({ $0 != name }) {
      var isFound = false
      try reading(candidate) { (_, file) throws(FileError) in
        isFound = try LogEnds(file).lastHash == hash
      }
      if isFound { return candidate }
    }
    return nil
  }

  /// Does something with one of them. One that is gone, no file, or that another process writes to is none of ours.
  private mutating func reading(
    _ name: String, _ body: (inout ChainEndSearch, any LogFile) throws(FileError) -> Void
  ) throws(FileError) {
    do throws(FileError) {
      let file: any LogFile
      do throws(FileError) {
        file = try files.openExisting(family.path(of: name))
      } catch  where error.isNotOurs {
        return
      }
      defer { file.close() }
      try body(&self, file)
    } catch {
      throw FileError(operation: error.operation, code: error.code, reason: "\(error.reason) (\(name))")
    }
  }
}
