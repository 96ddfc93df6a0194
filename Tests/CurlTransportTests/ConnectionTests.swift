import GatewayCore
import Glibc
import TestSupport
import Testing

@testable import CurlTransport

/// How `CurlTransport` makes, keeps and loses connections.
@Suite("CurlTransport: connections", .timeLimit(.minutes(2)))
struct ConnectionTests {
  @Test("One connection serves one request after another")
  func reuse() async throws {
    try await Harness.run { connection in
      while let request = connection.readRequest() { connection.answer(request.line) }
    } body: { harness in
      for number in 0..<10 {
        #expect(await harness.send("PUT", "/\(number)").text == "PUT /\(number) HTTP/1.1")
      }
      #expect(harness.server.connectionCount == 1)
    }
  }

  @Test(
    "A reused connection that dies before the answer's first byte is broken, and its request isn't sent again",
    arguments: ["PUT", "POST"], [0, 20])
  func reusedConnectionDies(method: String, byteCount: Int) async throws {
    try await Harness.run { connection in
      guard connection.readRequest() != nil else { return }
      connection.answer("first")
      _ = connection.readRequest()
    } body: { harness in
      #expect(await harness.send(method, "/first").text == "first")
      let second = await harness.send(method, "/second", body: [UInt8](repeating: 120, count: byteCount))
      #expect(second.isBroken)
      #expect(harness.server.requests.map(\.line) == ["\(method) /first HTTP/1.1", "\(method) /second HTTP/1.1"])
    }
  }

  @Test("A connection that the server closed while nothing went on isn't used again")
  func idleConnectionCloses() async throws {
    try await Self.runAfterClose { harness in
      #expect(await harness.send().text == "hello")
      #expect(harness.server.connectionCount == 2)
    }
  }

  @Test("A connection that the server closed while nothing went on doesn't keep the loop from sleeping")
  func idleConnectionCosts() async throws {
    try await Self.runAfterClose { harness in
      let used = await Task(executorPreference: harness.loop) {
        let before = Self.threadTime()
        await harness.loop.sleep(.milliseconds(300))
        return Self.threadTime() - before
      }.value
      // A loop that is told of the closed socket again and again uses all of the time it can get.
      #expect(used < .milliseconds(50))
    }
  }

  /// Runs `body` once a request was answered and the server has closed the connection behind it.
  private static func runAfterClose(_ body: (Harness) async throws -> Void) async throws {
    let isClosed = Flag()
    try await Harness.run { connection in
      guard connection.readRequest() != nil else { return }
      connection.answer("hello")
      connection.close()
      isClosed.raise()
    } body: { harness in
      #expect(await harness.send().text == "hello")
      #expect(await eventually { isClosed.isRaised })
      try await body(harness)
    }
  }

  /// The processor time of the thread that asks.
  private static func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  @Test("A connection that is refused: not sent")
  func refused() async throws {
    let (descriptor, port) = try LoopbackSocket.bound()
    defer { close(descriptor) }
    try await Harness.run { _ in
    } body: { harness in
      let sent = await harness.send(url: "http://127.0.0.1:\(port)/")
      #expect(sent.isNotSent)
    }
  }

  @Test("A name that can't be resolved: not sent, and told apart, since another try won't help")
  func unknownHost() async throws {
    try await Harness.run { _ in
    } body: { harness in
      // Longer than a label may be, so that nobody is asked for it.
      let sent = await harness.send(url: "http://\(String(repeating: "x", count: 64)).invalid/")
      #expect(sent == .failure(.unknownHost))
    }
  }

  @Test("A server that doesn't speak TLS where TLS is due: not sent")
  func notTLS() async throws {
    try await Harness.run { connection in
      connection.send("HTTP/1.1 200 OK\r\n\r\n")
      connection.waitForClose()
    } body: { harness in
      #expect(await harness.send(url: "https://127.0.0.1:\(harness.server.port)/").isNotSent)
    }
  }

  @Test(
    "Every protocol but HTTP and HTTPS is refused, always",
    arguments: [
      "file:///etc/hostname", "ftp://127.0.0.1:PORT/x", "gopher://127.0.0.1:PORT/x", "httpx://127.0.0.1:PORT/",
      "127.0.0.1:PORT/", "HTTP://127.0.0.1:PORT/", "not a url",
    ])
  func protocols(url: String) async throws {
    try await Harness.run { connection in
      if connection.readRequest() != nil { connection.answer("") }
    } body: { harness in
      #expect(await harness.send(url: url.replacing("PORT", with: "\(harness.server.port)")).isNotSent)
      #expect(harness.server.connectionCount == 0)
    }
  }

  @Test("What spoke plain HTTP for one URL doesn't speak it for the next, which says https")
  func plainOnceOnly() async throws {
    try await Harness.run { connection in
      if connection.readRequest() != nil { connection.answer("plain") }
    } body: { harness in
      #expect(await harness.send().text == "plain")
      #expect(await harness.send(url: "https://127.0.0.1:\(harness.server.port)/").isNotSent)
      #expect(await harness.send(url: "ftp://127.0.0.1:\(harness.server.port)/").isNotSent)
      #expect(harness.server.requests.count == 1)
    }
  }

  @Test("Two hundred requests at a time each get their own answer")
  func concurrent() async throws {
    try await Harness.run { connection in
      while let request = connection.readRequest() { connection.answer(request.line) }
    } body: { harness in
      let answers = await withTaskGroup(of: (Int, String?).self) { group in
        for number in 0..<200 { group.addTask { (number, await harness.send("PUT", "/\(number)").text) } }
        return await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
      }
      #expect(answers == Dictionary(uniqueKeysWithValues: (0..<200).map { ($0, "PUT /\($0) HTTP/1.1") }))
      #expect(harness.server.requests.count == 200)
    }
  }
}
