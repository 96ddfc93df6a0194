import Glibc
import TestSupport
import Testing

@testable import AuditLog

@Suite("AuditVerification")
struct AuditVerificationTests {
  private let folder: TemporaryFolder
  private let log = Samples.log([
    Samples.intent(1), Samples.intent(2), Samples.outcome(1), Samples.denied(3), Samples.outcome(2),
  ])

  init() throws {
    folder = try TemporaryFolder()
  }

  @discardableResult
  private func write(_ lines: some Sequence<[UInt8]>, to name: String) throws -> String {
    try folder.write(lines.flatMap { $0 }, to: name)
  }

  @Test("One whole file")
  func oneFile() throws {
    let report = try AuditVerification.verify([write(log, to: "a")])
    #expect(report.isWhole)
    #expect(report.count == 5)
    #expect(report.headHash == (try ChainHead(tail: log[4])).hash)
    #expect(report.tornLine == nil)
  }

  @Test("The chain goes across the files, an empty one included", arguments: 0...5)
  func severalFiles(border: Int) throws {
    let files = [try write(log[..<border], to: "a"), try write([], to: "b"), try write(log[border...], to: "c")]
    let report = try AuditVerification.verify(files)
    #expect(report.isWhole)
    #expect(report.count == 5)
  }

  @Test("Files in the wrong order break, in the file and line where it shows")
  func wrongOrder() throws {
    let first = try write(log[..<2], to: "a")
    let second = try write(log[2...], to: "b")
    let report = try AuditVerification.verify([second, first])
    #expect(report.firstBreak?.file == first)
    #expect(report.firstBreak?.line == 1)
    #expect(!report.isWhole)
  }

  @Test("A file left out breaks where the next one begins")
  func fileMissing() throws {
    let first = try write(log[..<2], to: "a")
    let third = try write(log[3...], to: "c")
    let report = try AuditVerification.verify([first, third])
    #expect(report.firstBreak?.file == third)
    #expect(report.count == 2)
  }

  @Test("A break names file, line and what, and nothing after it is looked at", arguments: 0..<4)
  func tampered(number: Int) throws {
    var lines = log
    lines[number].replaceSubrange(10..<11, with: [UInt8(ascii: "X")])
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
    #expect(report.tornLine == .init(file: file, line: 4, byteCount: byteCount))
  }

  @Test("A torn line with a file after it is a break: no power cut leaves that")
  func tornInTheMiddle() throws {
    let first = try write(log[..<2] + [Array(log[2].prefix(20))], to: "a")
    let second = try write(log[2...], to: "b")
    let report = try AuditVerification.verify([first, second])
    #expect(report.firstBreak?.file == first)
    #expect(report.firstBreak?.line == 3)
    #expect(report.count == 2)
  }

  @Test("Files that begin in the middle of a log say so, and their intents are matched across them")
  func beginsInTheMiddle() throws {
    let report = try AuditVerification.verify([write(log[1..<3], to: "a"), write(log[3..<4], to: "b")])
    #expect(report.isWhole)
    #expect(report.startsAfter == 1)
    #expect(report.intentsWithoutOutcome.map(\.sequence) == [2])
    #expect(report.intentsWithoutOutcome.map(\.requestID) == ["request-2"])
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
