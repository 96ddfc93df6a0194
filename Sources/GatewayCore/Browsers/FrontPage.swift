package import Clocks
import HTTPTypes

/// `GET /`: what someone sees who opens the gateway's address in a browser. The contract's part of it is made ahead, by
/// `openapi/generate`; whether the gateway is ready is written into it for each reader.
///
/// There is no script in it, nothing comes from elsewhere, and nothing that a caller sends goes into it.
package struct FrontPage: Sendable {
  private let start: [UInt8]
  private let end: [UInt8]
  private let securityPolicy: String
  private let clock: WallClock

  /// The pieces are cut by `openapi/generate` and built into the program: nothing is looked for in the page, and it is in
  /// memory once.
  ///
  /// - Parameters:
  ///   - start: the page up to where the readiness goes.
  ///   - end: the page behind it.
  ///   - styleHash: the SHA-256 of what is in the page's one `<style>`, in Base64.
  package init(start: [UInt8], end: [UInt8], styleHash: [UInt8], clock: WallClock) {
    self.start = start
    self.end = end
    let style = String(decoding: styleHash, as: UTF8.self)
    // The page's own style and its icon, which is a `data:` URL; no script, no frame, no form, and nobody frames it.
    securityPolicy =
      "default-src 'none'; style-src 'sha256-\(style)'; img-src data:; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'"
    self.clock = clock
  }

  /// The page. Always a 200: programs ask `/readyz`.
  package func response(_ readiness: Readiness) -> Response {
    let fields: HTTPFields = [
      .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: securityPolicy,
      .known("Referrer-Policy"): "no-referrer", .known("X-Frame-Options"): "DENY",
      .known("Cross-Origin-Resource-Policy"): "same-origin",
    ]
    return Response(status: .ok, fields: fields, body: start + Array(section(readiness).utf8) + end)
  }

  private func section(_ readiness: Readiness) -> String {
    let time = clock.now().iso8601
    let rows = readiness.checks.map { check in
      "<tr><th scope=\"row\">\(HTML.escape(check.name))</th>"
        + "<td><span class=\"\(check.state.name)\">\(check.state.name)</span></td></tr>"
    }
    let verdict =
      readiness.isReady
      ? "<strong class=\"ok\">Ready</strong>: it can do its job"
      : "<strong class=\"failing\">Not ready</strong>: something is failing, so calls may be refused"
    return """
      <section aria-labelledby="readiness">
      <h2 id="readiness">Is it ready?</h2>
      <p>\(verdict) (<time datetime="\(time)">\(time)</time>).</p>
      <table>
      <caption>What it needs</caption>
      <thead><tr><th scope="col">Check</th><th scope="col">State</th></tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody>
      </table>
      <p>Programs ask <a href="/readyz"><code>/readyz</code></a>.</p>
      </section>
      """
  }
}
