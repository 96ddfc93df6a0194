import GatewayCore
import Testing

@testable import HTTPListener

/// What `Listener` makes of messages that two readers could take for two things (libmicrohttpd's parser forgives most).
@Suite("Listener: framing", .timeLimit(.minutes(2)))
struct FramingTests {
  private static let shapes = [
    "Content-Length and Transfer-Encoding":
      "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    "Transfer-Encoding: chunked": "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: identity": "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "Transfer-Encoding twice":
      "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Content-Length twice": "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "the same Content-Length twice":
      "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n",
    "a signed length": "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n",
    "a negative length": "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a hexadecimal length": "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n",
    "an enormous length": "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "a folded header": "GET /first HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    "a folded first header": "GET /first HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n",
    "a header that starts with a colon": "GET /first HTTP/1.1\r\nHost: a\r\n: x\r\nX-A: b\r\n\r\n",
    "a header without a colon": "GET /first HTTP/1.1\r\nHost: a\r\nX-A\r\n\r\n",
    "white space before the colon": "GET /first HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n",
    "no space after the colon": "GET /first HTTP/1.1\r\nHost: a\r\nX-A:b\r\n\r\n",
    "two spaces after the colon": "GET /first HTTP/1.1\r\nHost: a\r\nX-A:  b\r\n\r\n",
    "white space behind the value": "GET /first HTTP/1.1\r\nHost: a\r\nX-A: b \r\n\r\n",
    "a name that isn't a token": "GET /first HTTP/1.1\r\nHost: a\r\nX(A): b\r\n\r\n",
    "a name with bytes above 127": "GET /first HTTP/1.1\r\nHost: a\r\nX-\u{E9}: b\r\n\r\n",
    "NUL in a value": "GET /first HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n",
    "NUL in the path": "GET /first\0/x HTTP/1.1\r\nHost: a\r\n\r\n",
    "a control character in a value": "GET /first HTTP/1.1\r\nHost: a\r\nX-A: b\u{1}c\r\n\r\n",
    "NUL in a value, made up for by missing spaces":
      "GET /first HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\nX:y\r\nX:y\r\n\r\n",
    "a folded header, made up for by missing spaces":
      "GET /first HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\nX:y\r\nX:y\r\nX:y\r\n\r\n",
    "a header that starts with a colon, made up for by missing spaces":
      "GET /first HTTP/1.1\r\nHost: a\r\nX:y\r\nX:y\r\nX:y\r\nX:y\r\n: x\r\n\r\n",
    "bare LF, made up for by a space": "GET /first HTTP/1.1\r\nHost:  a\nX-A: b\r\n\r\n",
    "bare LF": "GET /first HTTP/1.1\nHost: a\n\n",
    "bare LF in one line": "GET /first HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n",
    "bare CR in a value": "GET /first HTTP/1.1\r\nHost: a\r\nX-A: b\rX-B: c\r\n\r\n",
    "two spaces in the request line": "GET  /first HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tab in the request line": "GET\t/first HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the path": "GET /first /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method that isn't a token": "G(T /first HTTP/1.1\r\nHost: a\r\n\r\n",
    "an absolute target": "GET http://evil/first HTTP/1.1\r\nHost: a\r\n\r\n",
    "an asterisk": "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "an authority": "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": "GET /first#x HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes above 127 in the path": "GET /f\u{E9}rst HTTP/1.1\r\nHost: a\r\n\r\n",
    "no Host": "GET /first HTTP/1.1\r\nX-A: b\r\n\r\n",
    "two Hosts": "GET /first HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a Host with a path": "GET /first HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a Host with a user": "GET /first HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "two Authorizations":
      "GET /first HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "HTTP/0.9": "GET /first\r\n\r\n",
    "HTTP/1.2": "GET /first HTTP/1.2\r\nHost: a\r\n\r\n",
    "HTTP/2.0": "GET /first HTTP/2.0\r\nHost: a\r\n\r\n",
    "a lower-case version": "GET /first http/1.1\r\nHost: a\r\n\r\n",
    "a head that is too large":
      "GET /first HTTP/1.1\r\nHost: a\r\nX-A: \(String(repeating: "x", count: 17_000))\r\n\r\n",
    "a path that is too large": "GET /first\(String(repeating: "x", count: 17_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
    "hundreds of headers": "GET /first HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 3000))\r\n",
    "an argument for each byte": "GET /first?\(String(repeating: "a&", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n",
    "hundreds of cookies":
      "GET /first HTTP/1.1\r\nHost: a\r\nCookie: \(String(repeating: "a=b; ", count: 4000))c=d\r\n\r\n",
  ]

  @Test(
    "It is refused, the connection closed, and what follows isn't taken for a request", arguments: shapes.keys.sorted())
  func refused(name: String) async throws {
    let shape = try #require(Self.shapes[name])
    try await Served.run { served in
      let client = try served.connect()
      client.send(shape + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
      client.finish()
      let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
      #expect(
        answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.0 4")
          || answer.hasPrefix("HTTP/1.1 5"))
      // The handler saw what is wrong, or libmicrohttpd refused it before that.
      #expect(served.requests.allSatisfy { $0.violation != nil })
      #expect(served.requests.count <= 1)
      #expect(!answer.contains("/second"))
    }
  }

  @Test(
    "The connection is closed even if the client keeps its own side open",
    arguments: ["two Hosts", "Transfer-Encoding: chunked", "a folded header", "bare LF"])
  func closedByServer(name: String) async throws {
    let shape = try #require(Self.shapes[name])
    try await Served.run { served in
      let client = try served.connect()
      client.send(shape)
      #expect(try client.receive().values("connection").map { $0.lowercased() } == ["close"])
      #expect(try client.receiveAll() == [])
    }
  }

  @Test(
    "Some refusals have a code of their own",
    arguments: [
      ("Transfer-Encoding: chunked", ProblemCode.notImplemented),
      ("Content-Length and Transfer-Encoding", .notImplemented), ("Transfer-Encoding: identity", .notImplemented),
      ("a head that is too large", .headersTooLarge), ("a path that is too large", .headersTooLarge),
      ("two Hosts", .invalidRequest), ("NUL in a value", .invalidRequest),
    ])
  func code(name: String, code: ProblemCode) async throws {
    let shape = try #require(Self.shapes[name])
    try await Served.run { served in
      let client = try served.connect()
      client.send(shape)
      _ = try client.receive()
      #expect(served.requests.map { $0.violation?.code } == [code])
    }
  }

  @Test(
    "What curl and nginx write is taken",
    arguments: [
      "GET / HTTP/1.1\r\nHost: a:8080\r\nUser-Agent: curl/8.1\r\nAccept: */*\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nX-Empty: \r\n\r\n",
      "POST / HTTP/1.0\r\nHost: gateway\r\nConnection: close\r\nContent-Length: 0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\nX-Name: J\u{FC}rgen\r\n\r\n",
    ])
  func taken(text: String) async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send(text)
      #expect(try client.receive().status == 200)
      #expect(served.requests.first?.violation == nil)
    }
  }

  @Test(
    "A head within the limit is taken, if it is one that anybody sends",
    arguments: [
      "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 16_000))\r\n\r\n",
      "GET /\(String(repeating: "x", count: 16_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X-A: \(String(repeating: "y", count: 150))\r\n", count: 60))\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nCookie: \(String(repeating: "a=b; ", count: 60))c=d\r\n\r\n",
    ])
  func largeHead(text: String) async throws {
    try await Served.run { served in
      let client = try served.connect()
      client.send(text)
      #expect(try client.receive().status == 200)
      #expect(served.requests.map { $0.violation } == [nil])
    }
  }

  @Test(
    "A head that libmicrohttpd has no room for is a 431 too, and the end of the connection",
    arguments: ["hundreds of headers", "hundreds of cookies"])
  func noRoom(name: String) async throws {
    let shape = try #require(Self.shapes[name])
    try await Served.run { served in
      let client = try served.connect()
      client.send(shape)
      #expect(try client.receive().status == 431)
      // libmicrohttpd may send more of its own, and closes.
      _ = try client.receiveAll()
      #expect(served.requests.isEmpty)
    }
  }
}
