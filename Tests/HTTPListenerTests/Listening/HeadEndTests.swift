import Testing

@testable import HTTPListener

@Suite("HeadEnd")
struct HeadEndTests {
  private func isFound(_ text: String, from start: Int = 0) -> Bool {
    HeadEnd.mayBe(in: Array(text.utf8)[...], from: start)
  }

  @Test(
    "An empty line ends a head, however its lines end",
    arguments: [
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\n\n", "GET /\n\r\n", "GET /\r\r", "GET /\r\n\n", "\r\n\r\nGET",
    ])
  func whole(text: String) {
    #expect(isFound(text))
  }

  @Test(
    "A head that goes on has no end",
    arguments: [
      "", "G", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n",
      "\r\n",
    ])
  func part(text: String) {
    #expect(!isFound(text))
  }

  @Test("The end is found at whichever byte a piece of it begins")
  func pieces() {
    let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    for start in 0..<text.utf8.count - 1 {
      #expect(isFound(text, from: start), "from \(start)")
    }
  }
}
