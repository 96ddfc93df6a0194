import GatewayCore
import Testing

@testable import HTTPListener

/// How `Listener` reads bodies, and which it doesn't.
@Suite("Listener: bodies", .timeLimit(.minutes(2)))
struct BodyTests {
  private static func head(_ count: Int, _ more: String = "") -> String {
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\(more)\r\n"
  }

  /// A NUL is received as U+0001 wherever it stands (`CReceive`); neither can stand in JSON.
  @Test("A body comes as it was sent, line ends included, but for NUL, which can stand nowhere")
  func bytes() async throws {
    let body: [UInt8] = [2, 13, 10, 0xFF, 0, 71, 69, 84, 32, 47, 13, 10, 13, 10]
    try await Served.run { served in
      let client = try served.connect()
      client.send(Array(Self.head(body.count).utf8) + body)
      #expect(try client.receive().status == 200)
      #expect(served.requests.first?.body == .complete(body.map { $0 == 0 ? 1 : $0 }))
    }
  }

  @Test("A body that comes in pieces is put together before the handler is called")
  func pieces() async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send(Self.head(6))
      for piece in ["a", "bc", "d", "ef"] {
        #expect(served.requests.isEmpty)
        client.send(piece)
        await Task.yield()
      }
      #expect(try client.receive().status == 200)
      #expect(served.requests.map(\.body) == [.complete(Array("abcdef".utf8))])
    }
  }

  @Test("A body as large as the limit is read", arguments: [4095, 4096])
  func atLimit(count: Int) async throws {
    try await Served.run { served in
      let body = [UInt8](repeating: 120, count: count)
      let client = try served.connect()
      client.send(Array(Self.head(count).utf8) + body)
      #expect(try client.receive().status == 200)
      #expect(served.requests.first?.body == .complete(body))
    }
  }

  @Test(
    "A body that is announced larger than the limit isn't read: the handler is called at once, and the connection closed",
    arguments: [4097, 1_000_000, 999_999_999_999_999_999])
  func tooLarge(count: Int) async throws {
    try await Served.run { served in
      let client = try served.connect()
      // Not a byte of the body is sent: whoever waited for it would wait for ever.
      client.send(Self.head(count))
      #expect(try client.receive().values("connection").map { $0.lowercased() } == ["close"])
      #expect(try client.receiveAll() == [])
      #expect(served.requests.map(\.body) == [.tooLarge])
    }
  }

  @Test("What stands in an unread body is never taken for a request")
  func unreadBody() async throws {
    try await Served.run { served in
      let client = try served.connect()
      let inner = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"
      client.send(Self.head(8000) + inner + String(repeating: " ", count: 8000 - inner.utf8.count) + inner)
      #expect(try client.receive().status == 200)
      #expect(try client.receiveAll() == [])
      #expect(served.requests.map(\.target.path) == ["/x"])
    }
  }

  @Test("A limit of its own is kept to")
  func ownLimit() async throws {
    try await Served.run(.loopback { $0.bodyLimit = 10 }) { served in
      for (count, expected) in [(10, Request.Body.complete([UInt8](repeating: 120, count: 10))), (11, .tooLarge)] {
        let client = try served.connect()
        client.send(Self.head(count) + String(repeating: "x", count: count))
        _ = try client.receive()
        #expect(served.requests.last?.body == expected)
      }
    }
  }

  @Test("Expect: 100-continue is answered before the body, and only for a body that will be read")
  func expectContinue() async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send(Self.head(3, "Expect: 100-continue\r\n"))
      #expect(try client.receive().status == 100)
      client.send("abc")
      #expect(try client.receive().status == 200)
      let refused = try served.connect()
      refused.send(Self.head(5000, "Expect: 100-continue\r\n"))
      #expect(try refused.receive().status == 200)
    }
  }

  @Test("A client that goes in the middle of its body never gets to the handler, and the next one does")
  func goneInBody() async throws {
    try await Served.run { served in
      let gone = try served.connect()
      gone.send(Self.head(10) + "abc")
      gone.abort()
      let client = try served.connect()
      client.send(Self.head(3) + "abc")
      #expect(try client.receive().status == 200)
      #expect(served.requests.count == 1)
    }
  }
}
