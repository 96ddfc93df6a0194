import AuditLog
import Testing

@Suite("AuditCopyTarget")
struct AuditCopyTargetTests {
  @Test(
    "stdout, syslog, or syslog: and an absolute path",
    arguments: [
      ("stdout", AuditCopyTarget.standardOutput), ("syslog", .syslog(path: "/dev/log")),
      ("syslog:/run/log.socket", .syslog(path: "/run/log.socket")),
      ("syslog:/" + String(repeating: "x", count: 106), .syslog(path: "/" + String(repeating: "x", count: 106))),
    ])
  func valid(text: String, target: AuditCopyTarget) {
    #expect(AuditCopyTarget(text) == target)
  }

  @Test(
    "Anything else isn't one",
    arguments: [
      "", "STDOUT", "stderr", "syslog:", "syslog:run/log", "syslog:/a\0b", " stdout", "file:/x",
      "syslog:/" + String(repeating: "x", count: 107),
    ])
  func invalid(text: String) {
    #expect(AuditCopyTarget(text) == nil)
  }
}
