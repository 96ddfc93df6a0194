import GatewayCore
import Testing

@Suite("HTML")
struct HTMLTests {
  @Test(
    "What means something in HTML is escaped, the rest stays",
    arguments: [
      ("", ""), ("audit", "audit"), ("é–😀", "é–😀"), ("a & b", "a &amp; b"), ("<script>", "&lt;script&gt;"),
      ("\"'", "&quot;&#39;"), ("&lt;", "&amp;lt;"), ("</td><td x='&'>", "&lt;/td&gt;&lt;td x=&#39;&amp;&#39;&gt;"),
      // One character with its combining mark: the mark doesn't hide it.
      ("<\u{338}", "&lt;\u{338}"),
    ])
  func escape(text: String, escaped: String) {
    #expect(Array(HTML.escape(text).utf8) == Array(escaped.utf8))
  }
}
