import Glibc
import TestSupport
import Testing

@testable import AuditLog

@Suite("AuditVerification")
struct AuditVerificationTests {
  private let folder: TemporaryFolder
  /// The lines of three files, in order.
  private let files: [[[UInt8]]]

  private var log: [[UInt8]] { files[0] }
  private var lines: [[UInt8]] { files.flatMap { $0 } }

  init() throws {
    folder = try TemporaryFolder()
    var head = ChainHead()
    files = [
      [Samples.opened(), Samples.intent(1), Samples.intent(2), Samples.outcome(1), Samples.denied(3), Samples.closed],
      [Samples.opened(previousFile: "audit.jsonl.1"), Samples.outcome(2), Samples.intent(4), Samples.closed],
      [Samples.opened(previousFile: "audit.jsonl.1"), Samples.outcome(4)],
    ].map { records in
      let lines = Samples.log(records, after: head)
      for line in lines { head.advance(over: line) }
      return lines
    }
  }

  @discardableResult
  private func write(_ lines: some Sequence<[UInt8]>, to name: String) throws -> String {
    try folder.write(lines.flatMap { $0 }, to: name)
  }

  /// Checks files of these lines, called a, b, c; what breaks first.
  private func check(_ contents: [[[UInt8]]]) throws -> (report: ChainReport, place: String?, what: String) {
    let names = try zip("abcdef", contents).map { try write($1, to: String($0)) }
    let report = try AuditVerification.verify(names)
    let place = report.firstBreak.map { "\($0.file.split(separator: "/").last ?? "") \($0.line)" }
    return (report, place, report.firstBreak?.what ?? "")
  }

  @Test("One whole file")
  func oneFile() throws {
    let report = try AuditVerification.verify([write(log, to: "a")])
    #expect(report.isWhole)
    #expect(report.count == 6)
    #expect(report.headHash == (try ChainHead(tail: log[5])).hash)
    #expect(report.isClosed)
    #expect(report.tornLine == nil)
  }

  @Test("The chain goes across the files, empty ones included")
  func severalFiles() throws {
    for contents in [files, [[], files[0], [], files[1], files[2], []]] {
      let report = try check(contents).report
      #expect(report.isWhole)
      #expect(report.count == 12)
      #expect(report.startsAfter == nil)
      #expect(!report.isClosed)
      #expect(report.intentsWithoutOutcome == [])
    }
  }

  @Test("A log split anywhere but where a file ends is broken, in the second part's first line", arguments: 1..<6)
  func splitElsewhere(border: Int) throws {
    let (_, place, what) = try check([Array(log[..<border]), Array(log[border...])])
    #expect(place == "b 1")
    #expect(what.contains("no file begins with this record"))
  }

  @Test("A file whose first lines are gone is broken, even if it is the first that is given", arguments: 1..<6)
  func beginningCutOff(count: Int) throws {
    #expect(try check([Array(log[count...])]).place == "a 1")
  }

  @Test("A file whose first lines are gone up to a later start of the gateway is broken")
  func beginningCutOffAtStart() throws {
    let lines = Samples.log([Samples.opened(), Samples.closed, Samples.opened(), Samples.intent(1)])
    #expect(try check([lines]).place == nil)
    #expect(try check([Array(lines[2...])]).place == "a 1")
  }

  @Test("A file left out is told by the name that it had and the numbers that were in it")
  func fileMissing() throws {
    let (report, place, what) = try check([files[0], files[2]])
    #expect(place == "b 1")
    #expect(report.count == 6)
    #expect(
      what
        == #"seq 7 to 10 are missing: the file before it isn't given; it was called "audit.jsonl.1" when this one was begun"#
    )
  }

  @Test("A file whose end was cut off is told apart from one left out, where it has its name still")
  func endCutOff() throws {
    let first = try write(files[0], to: "a")
    let second = try write(files[1].dropLast(), to: "audit.jsonl.1")
    let report = try AuditVerification.verify([first, second, write(files[2], to: "c")])
    #expect(report.firstBreak?.line == 1)
    #expect(report.firstBreak?.what.hasPrefix(#"seq 10 is missing: the end of "audit.jsonl.1" was cut off"#) == true)
  }

  @Test("Files in the wrong order say which one comes before")
  func wrongOrder() throws {
    let (_, place, what) = try check([files[0], files[2], files[1]])
    #expect(place == "b 1")
    #expect(what == "the files are in the wrong order: \(folder.file("c")) comes before this one")
  }

  @Test("Files from the newest to the oldest break where the second one begins")
  func reversedOrder() throws {
    let (_, place, what) = try check(files.reversed())
    #expect(place == "b 1")
    #expect(what.contains("begins with seq 7, and those before it end with seq 12"))
  }

  @Test("A file that is given twice is named", arguments: 0...2)
  func givenTwice(number: Int) throws {
    let (_, place, what) = try check(files + [files[number]])
    #expect(place == "d 1")
    #expect(what == "the file is the same as \(folder.file(["a", "b", "c"][number])), or a copy of it")
  }

  @Test("A file of another log doesn't go on from this one")
  func otherLog() throws {
    let other = Samples.log(
      [Samples.opened(previousFile: "x"), Samples.intent(9)], after: ChainHead(sequence: 6, hash: Samples.hash))
    let (_, place, what) = try check([files[0], other])
    #expect(place == "b 1")
    #expect(what.contains("they are of two logs"))
  }

  @Test("A name in the log that would turn the terminal's text is shown in its escaped form")
  func strangeName() throws {
    let later = Samples.log(
      [Samples.opened(previousFile: "a\u{202E}\u{1B}\"b")], after: ChainHead(sequence: 8, hash: Samples.hash))
    #expect(try check([files[0], later]).what.contains(#""a\u202e\u001b\"b""#))
  }

  @Test("Only a file's first record goes on from another file")
  func previousFileInTheMiddle() throws {
    let lines = Samples.log([Samples.opened(), Samples.closed, Samples.opened(previousFile: "x")])
    #expect(try check([lines]).place == "a 3")
  }

  @Test("A log's very first record goes on from no file")
  func previousFileAtTheBeginning() throws {
    #expect(try check([Samples.log([Samples.opened(previousFile: "x")])]).place == "a 1")
  }

  @Test("A break names file, line and what, and nothing after it is looked at", arguments: 0..<5)
  func tampered(number: Int) throws {
    var lines = log
    // A digit of the microseconds: a valid line still, and another one.
    lines[number][30] = UInt8(ascii: "9")
    let file = try write(lines, to: "a")
    let report = try AuditVerification.verify([file, folder.file("missing")])
    let found = try #require(report.firstBreak)
    #expect(found.file == file)
    // The line after the changed one is where the two stop matching.
    #expect(found.line == number + 2)
    #expect(found.what.contains("'prev'"))
  }

  @Test("A torn last line is told, with its length, and the log counts as whole", arguments: [1, 60, 150])
  func torn(byteCount: Int) throws {
    let file = try write(log[..<3] + [Array(log[3].prefix(byteCount))], to: "a")
    let report = try AuditVerification.verify([file])
    #expect(report.isWhole)
    #expect(report.count == 3)
    #expect(report.tornLine == .init(file: file, line: 4, byteCount: byteCount, mayBeRecord: true))
  }

  @Test("A torn line with a file after it is a break: no power cut leaves that")
  func tornInTheMiddle() throws {
    let (report, place, _) = try check([log.dropLast() + [Array(log[5].prefix(20))], files[1]])
    #expect(place == "a 6")
    #expect(report.count == 5)
  }

  @Test("Files that begin in the middle of a log say so, and their intents are matched across them")
  func beginsInTheMiddle() throws {
    let report = try check([files[1], Array(files[2].dropLast())]).report
    #expect(report.isWhole)
    #expect(report.startsAfter == 6)
    #expect(report.startsAfterFile == "audit.jsonl.1")
    #expect(report.intentsWithoutOutcome.map(\.sequence) == [9])
    #expect(report.intentsWithoutOutcome.map(\.requestID) == ["request-4"])
  }

  @Test("A file that can't be read is named, with the system's words")
  func unreadable() throws {
    let file = try write(log, to: "a")
    let missing = folder.file("missing")
    #expect(throws: AuditVerification.Unreadable(file: missing, reason: "No such file or directory")) {
      try AuditVerification.verify([file, missing])
    }
    #expect(throws: AuditVerification.Unreadable(file: folder.path, reason: "Is a directory")) {
      try AuditVerification.verify([folder.path])
    }
  }

  @Test("No file and an empty file hold nothing, and nothing is broken")
  func empty() throws {
    let file = try write([], to: "a")
    for files in [[], [file]] {
      let report = try AuditVerification.verify(files)
      #expect(report.isWhole)
      #expect(report.count == 0)
      #expect(report.headHash == nil)
    }
  }
}
