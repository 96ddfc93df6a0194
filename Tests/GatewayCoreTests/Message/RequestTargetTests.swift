import GatewayCore
import Testing

@Suite("RequestTarget")
struct RequestTargetTests {
  @Test(
    "The first question mark parts path and query, and nothing is decoded",
    arguments: [
      ("/a/b", "/a/b", nil), ("/a?", "/a", ""), ("/a?b=c", "/a", "b=c"), ("/a?b?c", "/a", "b?c"), ("?a", "", "a"),
      ("", "", nil), ("/%61%2Fb?%3D", "/%61%2Fb", "%3D"), ("/a/../b//c/", "/a/../b//c/", nil),
      ("/a%3Fb", "/a%3Fb", nil),
    ] as [(String, String, String?)])
  func parts(text: String, path: String, query: String?) {
    let target = RequestTarget(text)
    #expect(target.path == path)
    #expect(target.query == query)
  }
}
