import Clocks
import GatewayCore
import HTTPTypes
import Testing

@Suite("FrontPage")
struct FrontPageTests {
  private static let page = FrontPage(
    start: Array("<head><style>p {}</style></head><main>é".utf8), end: Array("ü</main>".utf8),
    styleHash: Array("aGFzaA==".utf8), clock: .fixed(Sample.time))

  private static func text(_ checks: [(name: String, state: HealthState)]) -> String {
    page.response(Readiness(checks: checks)).text
  }

  @Test("The readiness stands between the two pieces, and nothing else does")
  func pieces() {
    let text = Self.text([("audit", .ok)])
    #expect(text.hasPrefix("<head><style>p {}</style></head><main>é<section aria-labelledby=\"readiness\">"))
    #expect(text.hasSuffix("</section>ü</main>"))
  }

  @Test("Each check is shown with its state, in order, at the time of the clock")
  func checks() throws {
    let text = Self.text([("audit", .ok), ("credentials", .warning("/secret/path")), ("tokens", .failing("key AKID"))])
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("<tr><th scope=\"row\">") }
    #expect(
      rows == [
        "<tr><th scope=\"row\">audit</th><td><span class=\"ok\">ok</span></td></tr>",
        "<tr><th scope=\"row\">credentials</th><td><span class=\"warning\">warning</span></td></tr>",
        "<tr><th scope=\"row\">tokens</th><td><span class=\"failing\">failing</span></td></tr>",
      ])
    #expect(text.contains("<time datetime=\"2026-11-22T16:00:00Z\">"))
    // Outsiders aren't told why.
    #expect(!text.contains("secret") && !text.contains("AKID"))
  }

  @Test("It is ready as long as nothing fails, and says so; the status is 200 all the same")
  func verdict() {
    #expect(Self.text([("audit", .ok)]).contains(">Ready</strong>"))
    #expect(Self.text([("audit", .warning("soon"))]).contains(">Ready</strong>"))
    // A bad tokens file and a stop refuse nothing at first: whether a call would be refused isn't known.
    for name in ["audit", "credentials", "tokens", "serving"] {
      let text = Self.text([("another", .ok), (name, .failing("no"))])
      #expect(text.contains(">Not ready</strong>: something is failing, so calls may be refused"))
    }
    #expect(Self.page.response(Readiness(checks: [("audit", .failing("no"))])).status == .ok)
  }

  @Test("A check's name is text, whatever it is")
  func escaping() {
    let text = Self.text([("<script>alert(1)</script>\"'&", .ok)])
    #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"))
    #expect(!text.contains("<script"))
  }

  @Test("Nothing but the page's own style counts, by its hash, and nobody frames it")
  func headers() throws {
    let fields = Self.page.response(Readiness(checks: [])).fields
    #expect(fields[.contentType] == "text/html; charset=utf-8")
    #expect(
      fields[.contentSecurityPolicy]
        == "default-src 'none'; style-src 'sha256-aGFzaA=='; img-src data:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'")
    #expect(fields[.known("Referrer-Policy")] == "no-referrer")
    #expect(fields[.known("X-Frame-Options")] == "DENY")
    #expect(fields[.known("Cross-Origin-Resource-Policy")] == "same-origin")
  }
}
