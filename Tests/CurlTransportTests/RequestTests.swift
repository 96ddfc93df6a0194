import GatewayCore
import Testing

@testable import CurlTransport

/// What `CurlTransport` puts on the wire.
@Suite("CurlTransport: the request", .timeLimit(.minutes(2)))
struct RequestTests {
  /// What the server saw of one request.
  private func seen(
    _ method: String, _ path: String = "/", fields: [(name: String, value: String)] = [], body: [UInt8] = []
  ) async throws -> (request: RawRequest, port: UInt16) {
    var found: (RawRequest, UInt16)?
    try await Harness.run { connection in
      if connection.readRequest() != nil { connection.answer("") }
    } body: { harness in
      #expect(await harness.send(method, path, fields: fields, body: body).response?.status == 200)
      #expect(harness.server.requests.count == 1)
      found = (try #require(harness.server.requests.first), harness.server.port)
    }
    return try #require(found)
  }

  @Test("An empty PUT has a Content-Length of 0, and no header that nobody gave", arguments: ["PUT", "POST"])
  func empty(method: String) async throws {
    let (request, port) = try await seen(method, "/2021-01-01/x", fields: [("X-Amz-Date", "20261122T160000Z")])
    #expect(request.line == "\(method) /2021-01-01/x HTTP/1.1")
    #expect(request.fieldLines == ["Content-Length: 0", "Host: 127.0.0.1:\(port)", "X-Amz-Date: 20261122T160000Z"])
    #expect(request.body == [])
  }

  @Test("A body goes as it is, NULs included, with its length and the headers that were given")
  func body() async throws {
    let body: [UInt8] = Array("{\"a\":\"".utf8) + [0, 0xFF, 0, 13, 10] + Array("\"}".utf8)
    let (request, port) = try await seen("POST", fields: [("Content-Type", "application/json")], body: body)
    #expect(request.body == body)
    #expect(
      request.fieldLines == ["Content-Length: 13", "Content-Type: application/json", "Host: 127.0.0.1:\(port)"])
  }

  @Test("A large body goes without asking for leave first (Expect: 100-continue)")
  func largeBody() async throws {
    let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)
    let (request, _) = try await seen("POST", body: body)
    #expect(request.body.count == body.count)
    #expect(request.values("expect") == [])
  }

  @Test("A Host that was given takes the place of libcurl's")
  func host() async throws {
    let (request, _) = try await seen("PUT", fields: [("host", "es.eu-west-1.amazonaws.com")])
    #expect(request.values("host") == ["es.eu-west-1.amazonaws.com"])
  }

  @Test(
    "The path goes as it is written, since it was signed like that",
    arguments: ["/a/../b", "/a/./b//c", "/%2e%2E/%7Ea", "/a?b=c%20d&e"])
  func path(path: String) async throws {
    let (request, _) = try await seen("PUT", path)
    #expect(request.line == "PUT \(path) HTTP/1.1")
  }

  @Test("What is given as the target stands on the request line to the letter; the next request has its URL's again")
  func target() async throws {
    try await Harness.run { connection in
      while connection.readRequest() != nil { connection.answer("") }
    } body: { harness in
      for target in ["/a//./b%7e?c", nil, "/other", "*"] {
        let request = UpstreamRequest(
          method: "PUT", url: harness.url + "/own", target: target, fields: [], body: [])
        _ = try await harness.transport.send(request, deadline: ContinuousClock.now + .seconds(20))
      }
      #expect(
        harness.server.requests.map(\.line) == [
          "PUT /a//./b%7e?c HTTP/1.1", "PUT /own HTTP/1.1", "PUT /other HTTP/1.1", "PUT * HTTP/1.1",
        ])
      #expect(harness.server.connectionCount == 1)
    }
  }

  @Test("Requests one after another have their own headers each: more, longer, fewer, none")
  func headersInTurn() async throws {
    let rounds: [[(name: String, value: String)]] = [
      [("X-A", "1")], (0..<40).map { ("X-\($0)", String(repeating: "v", count: 50 * $0 + 1)) },
      [("X-B", String(repeating: "w", count: 7000))], [], [("ACCEPT", "a/b"), ("content-TYPE", "c/d")], [("X-C", "é")],
    ]
    try await Harness.run { connection in
      while connection.readRequest() != nil { connection.answer("") }
    } body: { harness in
      for fields in rounds { _ = await harness.send("PUT", fields: fields) }
      let seen = harness.server.requests.map(\.fieldLines)
      let common = ["Content-Length: 0", "Host: 127.0.0.1:\(harness.server.port)"]
      #expect(seen == rounds.map { fields in (common + fields.map { "\($0.name): \($0.value)" }).sorted() })
    }
  }

  @Test("One handle's headers and body don't leak into the next request")
  func noLeftovers() async throws {
    try await Harness.run { connection in
      while connection.readRequest() != nil { connection.answer("") }
    } body: { harness in
      _ = await harness.send("POST", fields: [("X-First", "1"), ("Content-Type", "a/b")], body: [1, 2, 3])
      _ = await harness.send("PUT", fields: [("X-Second", "2")])
      let second = try #require(harness.server.requests.last)
      #expect(second.fieldLines == ["Content-Length: 0", "Host: 127.0.0.1:\(harness.server.port)", "X-Second: 2"])
      #expect(second.line == "PUT / HTTP/1.1")
    }
  }
}
