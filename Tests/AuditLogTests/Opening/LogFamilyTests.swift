import Testing

@testable import AuditLog

@Suite("LogFamily")
struct LogFamilyTests {
  @Test(
    "A log's other files are those whose names begin as its own does",
    arguments: [
      "audit.jsonl.1", "audit.jsonl-20261122", "audit-20261122.jsonl", "audit.2.jsonl", "audit-2.jsonl",
      "audit.jsonl.failed-20261122T160000Z-2", "audit.jsonl.broken",
    ])
  func relatives(name: String) {
    #expect(LogFamily(path: "/log/audit.jsonl").relatives(among: [".", "..", "audit.jsonl", name]) == [name])
  }

  @Test(
    "What is called otherwise, compressed, or a torn end is none of them",
    arguments: [
      "audit.jsonl", "audit2.jsonl", "auditor.jsonl", "other.jsonl", "audit.jsonl.1.gz", "audit.jsonl-20261122.zst",
      "audit.jsonl.torn-20261122T160000Z-2", ".audit.jsonl", "audit",
    ])
  func strangers(name: String) {
    #expect(LogFamily(path: "/log/audit.jsonl").relatives(among: [name]) == [])
  }

  @Test("A hidden file's own first dot isn't the end of its name's beginning")
  func hidden() {
    #expect(LogFamily(path: ".audit.jsonl").relatives(among: [".profile", ".audit.jsonl.1"]) == [".audit.jsonl.1"])
  }

  @Test(
    "Paths beside the log are built in its folder, whichever way that is written",
    arguments: [("/log/audit.jsonl", "/log/x"), ("audit.jsonl", "x"), ("/audit.jsonl", "/x"), ("./a/audit", "./a/x")])
  func paths(path: String, beside: String) {
    #expect(LogFamily(path: path).path(of: "x") == beside)
  }

  @Test("The name proposed for a new file is one that isn't taken, and of the same log")
  func successor() {
    let family = LogFamily(path: "/log/audit.jsonl")
    #expect(family.successor { _ in false } == "/log/audit.2.jsonl")
    #expect(family.successor { $0 == "/log/audit.2.jsonl" } == "/log/audit.3.jsonl")
    #expect(LogFamily(path: "/log/audit.2.jsonl").successor { $0 == "/log/audit.2.jsonl" } == "/log/audit.3.jsonl")
    #expect(LogFamily(path: "/log/audit.2.jsonl").relatives(among: ["audit.jsonl"]) == ["audit.jsonl"])
  }
}
