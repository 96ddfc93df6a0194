import GatewayCore
import Testing

@testable import GatewayServer

@Suite("DoctorReport")
struct DoctorReportTests {
  @Test("A problem makes it ill, a warning doesn't")
  func health() {
    var report = DoctorReport()
    #expect(report.isHealthy)
    report.checks = [.init("a", .ok, "x"), .init("b", .warning, "y")]
    #expect(report.isHealthy)
    report.checks.append(.init("c", .problem, "z"))
    #expect(!report.isHealthy)
  }

  @Test("Each check is a line, with its state, its name and what there is to say")
  func text() {
    var report = DoctorReport()
    report.checks = [
      .init("tls", .ok, "fine"), .init("describe", .warning, "look"), .init("audit", .problem, "mend it"),
    ]
    #expect(
      report.text == """
        ok       tls       fine
        warning  describe  look
        problem  audit     mend it
        """)
  }

  @Test(
    "Whatever others' words have in them, a check stays one line",
    arguments: ["\n", "\r\n", "\u{1B}", "\u{2028}", "\0", "\u{85}"])
  func oneLine(_ text: String) {
    let detail = DoctorReport.Check("a", .ok, "before\(text)after").detail
    #expect(detail.hasPrefix("before ") && detail.hasSuffix(" after"))
    #expect(detail.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
  }

  @Test("As JSON it is one object with all its members, also where nothing is known")
  func json() {
    var report = DoctorReport()
    #expect(
      String(decoding: report.json.bytes, as: UTF8.self)
        == #"{"region":null,"endpoint":null,"credentials":{"source":null,"accessKeyId":null,"expiresAt":null},"checks":[]}"#
    )
    report.region = "eu-west-1"
    report.endpoint = "https://es.example"
    report.credentials = .init(source: "a test", accessKeyID: "AKID", expiresAt: "2026-11-22T18:00:00Z")
    report.checks = [.init("tls", .ok, "fine")]
    #expect(
      String(decoding: report.json.bytes, as: UTF8.self)
        == #"{"region":"eu-west-1","endpoint":"https://es.example","credentials":{"source":"a test","#
        + #""accessKeyId":"AKID","expiresAt":"2026-11-22T18:00:00Z"},"#
        + #""checks":[{"name":"tls","status":"ok","detail":"fine"}]}"#)
  }
}
