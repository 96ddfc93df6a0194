import Testing

@testable import HTTPListener

@Suite("UnfinishedHead")
struct UnfinishedHeadTests {
  private func lines(_ text: String, from start: Int = 0) -> Int? {
    UnfinishedHead.lines(in: Array(text.utf8)[...], from: start)
  }

  @Test(
    "A head that goes on has so many bytes of whole lines",
    arguments: [
      ("G", 0), ("GET / HTTP/1.1", 0), ("GET / HTTP/1.1\r", 0), ("GET / HTTP/1.1\r\n", 16),
      ("GET / HTTP/1.0\r\nHos", 16),
      ("GET / HTTP/1.1\r\nHost: a\r\n", 25), ("GET / HTTP/1.1\r\nHost: a\r\n\r", 25),
      ("GET / HTTP/1.1\r\nX:\ta\u{e9}\r\nY", 24), ("HELLO", 0),
    ])
  func part(text: String, count: Int) {
    #expect(lines(text) == count)
  }

  @Test(
    "One that may be whole isn't waited for",
    arguments: ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", "\r\nGET / HTTP/1.1\r\n"])
  func whole(text: String) {
    #expect(lines(text) == nil)
  }

  @Test(
    "Nor is one that is none",
    arguments: [
      // TLS; another protocol; HTTP/0.9; a version that we don't speak.
      "\u{16}\u{3}\u{1}\u{2}", "HELLO\r\n", "GET /\r\n", "GET / HTTP/2.0\r\n",
      "GET / HTTP/1.1\nHost", "GET / HTTP/1.1\rHost", "GET / \u{0}HTTP", "GET / HTTP/1.1\r\nHost: a\n",
      "GET / HTTP/1.1\r\nHost a\r\n", "GET / HTTP/1.1\r\n Host: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\tb: c\r\n",
    ])
  func none(text: String) {
    #expect(lines(text) == nil)
  }

  @Test("However it comes, it is passed on when its last byte is there, and not before")
  func pieces() {
    let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    for step in 1...bytes.count {
      var seen = 0
      for count in stride(from: step, to: bytes.count, by: step) {
        guard let next = UnfinishedHead.lines(in: bytes[..<count], from: seen) else {
          Issue.record("passed on after \(count) bytes, in steps of \(step)")
          return
        }
        seen = next
      }
      #expect(UnfinishedHead.lines(in: bytes[...], from: seen) == nil, "in steps of \(step)")
    }
  }
}
